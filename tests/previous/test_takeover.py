"""Takeover of a host that earlier code deployed; `make molecule SCENARIO=previous` prepares it and runs all tests here.

The tests name nothing that was renamed or replaced since then: they compare the host with its state before, and with a
host that only this checkout has deployed.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

import pytest

from tests.previous import use
from tests.previous.compare import EXPECTED, different, lost
from tests.previous.hosts import BEFORE, LAB, fresh, taken_over
from tests.previous.parts import parts
from tests.support.wait import wait

if TYPE_CHECKING:
    from tests.support.hosts import Remote

END_SECONDS = 300


@pytest.fixture(scope="session")
def host() -> Remote:
    """The taken-over host."""
    return taken_over()


@pytest.fixture(scope="session")
def before() -> dict[str, Any]:
    """State of the host before the takeover."""
    found: dict[str, Any] = json.loads(BEFORE.read_text(encoding="utf-8"))
    return found


@pytest.fixture(scope="session")
def both(host: Remote) -> tuple[dict[str, dict[str, str]], dict[str, dict[str, str]]]:
    """Parts of the taken-over host, and parts of the fresh host."""
    return parts(host), parts(fresh())


def started(host: Remote) -> str:
    """Start time of each container of the host."""
    return host.ssh(
        "docker ps -aq --no-trunc | xargs docker inspect -f '{{.Name}} {{.Id}} {{.State.StartedAt}}' | sort"
    )


def test_tasks_that_ran_meanwhile_ended_well(host: Remote, before: dict[str, Any]) -> None:
    """Process and container ran until the warm shutdown of their worker; the task after them ran on the new worker."""
    run = before["handover"]
    wait(lambda: use.state(host, run) in ("success", "failed"), END_SECONDS, "the end of the run")
    assert use.state(host, run) == "success"


def test_nothing_is_lost(host: Remote, before: dict[str, Any]) -> None:
    assert before["found"].keys() == (after := use.read(host)).keys()
    assert all(before["found"].values()), "a kind of objects was empty before the takeover"
    assert lost(before["found"], after) == []


@pytest.mark.parametrize("kind", EXPECTED)
def test_it_has_the_parts_of_a_fresh_host(both: tuple[dict[str, Any], dict[str, Any]], kind: str) -> None:
    ours, theirs = both
    assert theirs[kind], "nothing found"
    assert different(kind, ours[kind], theirs[kind]) == []


def test_no_kind_of_part_is_left_out(both: tuple[dict[str, Any], dict[str, Any]]) -> None:
    assert list(both[0]) == list(EXPECTED)


def test_the_second_run_changes_nothing_and_restarts_nothing(host: Remote) -> None:
    since = started(host)
    run = LAB.play("site.yml")
    assert (run.code, run.changed) == (0, 0), run.output
    assert started(host) == since


def test_the_pipeline_runs(host: Remote, before: dict[str, Any]) -> None:
    use.run_pipeline(host)
    # The pipeline fetches the same links again, at a later time.
    rows = [found["news"]["links"].rpartition(" in ")[2] for found in (use.read(host), before["found"])]
    assert rows[0] == rows[1]


def test_rollback_to_an_earlier_dag_release(host: Remote, before: dict[str, Any]) -> None:
    current = host.ssh("readlink /usr/local/projects/airflow/dags/current").strip().rpartition("/")[2]
    releases = set(re.findall(r"/releases/([0-9a-f]+)/", " ".join(before["found"]["releases of DAGs"])))
    earlier = min(releases - {current})
    run = LAB.play("playbooks/rollback_airflow_dags.yml", airflow_dags_rollback_to=earlier)
    assert run.code == 0, run.output
    assert host.ssh("readlink /usr/local/projects/airflow/dags/current").strip().endswith(earlier)
