"""Prepare scenario `previous`: python -m tests.previous.prepare.

Deploy fresh1 with the code of this checkout and airflow1 with the code of an earlier commit, use airflow1 like people
do, and record the state that must survive the takeover. tests/previous/test_takeover.py reads the record.
"""

from __future__ import annotations

import json
import shutil
import sys
import time
from typing import TYPE_CHECKING

import yaml

from tests.lab.names import REPO
from tests.lab.shell import LabError
from tests.previous import earlier, use
from tests.previous.hosts import BEFORE, DIRECTORY, FRESH, LAB, fresh, taken_over

if TYPE_CHECKING:
    from pathlib import Path

SCENARIO_DAGS = REPO / "molecule" / "previous" / "dags"
EARLIER_DAGS = DIRECTORY / "earlier_dags"


def make_tree(source: Path, tree: Path) -> None:
    """Merge the example's DAGs of a checkout and the scenario's DAGs into one directory."""
    shutil.rmtree(tree, ignore_errors=True)
    shutil.copytree(source / "dags", tree, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copytree(SCENARIO_DAGS, tree, dirs_exist_ok=True)


def write_fresh_inventory() -> None:
    """Write an inventory in which fresh1 replaces airflow1 in all groups."""
    text = (LAB.directory / "hosts.yml").read_text(encoding="utf-8")
    tree = yaml.safe_load(text)
    tree["all"]["hosts"] = {"fresh1": tree["all"]["hosts"]["fresh1"]}
    tree["all"]["children"] = {group: {"hosts": {"fresh1": {}}} for group in tree["all"]["children"]}
    FRESH.directory.mkdir(exist_ok=True)
    (FRESH.directory / "hosts.yml").write_text(yaml.safe_dump(tree), encoding="utf-8")


def deploy_fresh() -> None:
    """Deploy fresh1 with this checkout's code."""
    run = FRESH.play("site.yml")
    print(run.output, flush=True)
    if run.code:
        raise LabError(f"site.yml failed with exit code {run.code} on fresh1; see its output above")


def main() -> int:
    """Run as a program."""
    started = time.monotonic()

    def say(what: str) -> None:
        print(f"{time.monotonic() - started:6.0f} s  {what}", flush=True)

    try:
        earlier.check_out()
        make_tree(REPO, DIRECTORY / "dags")
        make_tree(earlier.CHECKOUT, EARLIER_DAGS)
        write_fresh_inventory()
        # One stack after the other: two that start at the same time on two cores take minutes to become healthy.
        say("deploying fresh1 with this checkout")
        deploy_fresh()
        # The pipeline's program creates the table of the news.
        use.run_pipeline(fresh())
        # No task container may run while the two hosts are compared.
        fresh().ssh("airflow dags pause news_fetcher")
        say(f"deploying airflow1 with {earlier.COMMIT[:7]}")
        inventory = LAB.directory / "hosts.yml"
        earlier.play(inventory, "site.yml", airflow_dags_source=str(earlier.CHECKOUT / "dags"))
        earlier.play(inventory, "playbooks/sync_airflow_dags.yml", airflow_dags_source=str(EARLIER_DAGS))
        say("using airflow1 like people do")
        host = taken_over()
        use.use(host)
        run = use.start_handover(host)
        BEFORE.write_text(json.dumps({"handover": run, "found": use.read(host)}), encoding="utf-8")
        say(f"{run} is running, ready for the takeover")
    except (LabError, AssertionError) as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
