"""Delivery of DAG files over SSH: our releases compared with `ansible.posix.synchronize` and with a plain copy."""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from typing import Any

import yaml

from tests.bench.entry import Group, Measured
from tests.lab.names import INSTANCES
from tests.objects.stack import TaskResults, play

RUNS = 3
COUNT = 2000
# A plain copy handles each file separately, so its time grows with their number; all files would take many minutes.
COPIED = 200
LAB = "bench"
CHANGES = ("first", "unchanged", "one_change")
NAMES = [f"dags_{COUNT}_{change}_seconds" for change in CHANGES]

# Directories of the host.
STORE, SYNCED, PLAIN = "/srv/bench/releases", "/srv/bench/synchronized", "/srv/bench/copied"

DAG = '''"""Load the orders of shop {number} into the warehouse."""

from datetime import datetime, timedelta

from airflow import DAG
from airflow.operators.python import PythonOperator

OPTIONS = {{"owner": "team{team}", "retries": 3, "retry_delay": timedelta(minutes=5), "depends_on_past": False}}


def extract(ds: str) -> list[dict[str, str]]:
    return [{{"shop": "{number}", "day": ds, "order": str(order)}} for order in range({number} % 97)]


def load(ti) -> int:
    return len(ti.xcom_pull(task_ids="extract"))


with DAG(
    "shop_{number}_orders",
    default_args=OPTIONS,
    schedule_interval="{minute} 3 * * *",
    start_date=datetime(2023, 1, 1),
    catchup=False,
    tags=["shop", "team{team}"],
) as dag:
    extracted = PythonOperator(task_id="extract", python_callable=extract)
    loaded = PythonOperator(task_id="load", python_callable=load)
    extracted >> loaded
'''


@contextmanager
def host() -> Iterator[Path]:
    """Create a bare host in the lab with rsync installed; the value is its inventory. Remove the host afterwards."""
    if shutil.which("rsync") is None:
        raise SystemExit("bench: the reference needs rsync on this machine; run `make setup`.")
    lab = [sys.executable, "-m", "tests.lab"]
    try:
        with tempfile.NamedTemporaryFile("w", suffix=".yml") as platforms:
            yaml.safe_dump({"platforms": [{"name": "bare"}]}, platforms)
            platforms.flush()
            subprocess.run([*lab, "up", LAB, "--platforms", platforms.name], check=True)
        inventory = INSTANCES / LAB / "hosts.yml"
        run(inventory, {"ansible.builtin.apt": {"name": "rsync", "state": "present", "update_cache": True}})
        yield inventory
    finally:
        subprocess.run([*lab, "down", LAB], check=True)


def run(inventory: Path, *tasks: dict[str, Any]) -> TaskResults:
    """Run tasks as root; each must succeed. The SSH connection is opened before the first one."""
    # Without facts and task names, so that only the tasks themselves are measured.
    played = play({"ansible.builtin.ping": {}}, *({**task, "become": True} for task in tasks), inventory=inventory)
    failed = [result for result in played.results if result.get("failed") or result.get("unreachable")]
    if failed:
        raise RuntimeError(f"a measured task failed: {failed[0].get('msg')} {played.output[-2000:]}")
    return TaskResults(played.results[1:], played.output, played.seconds[1:])


def measure() -> list[Measured]:
    """Deliver the tree, then unchanged, then with one changed file; several times, with both methods."""
    ours: dict[str, list[float]] = {change: [] for change in CHANGES}
    reference: dict[str, list[float]] = {change: [] for change in CHANGES}
    with host() as inventory, tempfile.TemporaryDirectory() as directory:
        tree = Path(directory) / "dags"
        for _ in range(RUNS):
            plant(tree)
            run(inventory, *empty(STORE), *empty(SYNCED))
            for change, sent in zip(CHANGES, (COUNT, 0, 1), strict=True):
                if change == "one_change":
                    path = tree / "team7" / "shop7.py"
                    path.write_text(path.read_text(encoding="utf-8") + "\ndag.doc_md = 'Orders'\n", encoding="utf-8")
                delivered, synchronized = deliver(inventory, tree, sent)
                ours[change].append(delivered)
                reference[change].append(synchronized)
        copied = copy(inventory, tree)
    return [
        Measured(name, "seconds", median(ours[change]), median(reference[change]), RUNS, note(copied[change]))
        for name, change in zip(NAMES, CHANGES, strict=True)
    ]


def plant(tree: Path, count: int = COUNT) -> None:
    """Replace the tree with newly written DAG files."""
    shutil.rmtree(tree, ignore_errors=True)
    for number in range(count):
        path = tree / f"team{number % 50}" / f"shop{number}.py"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(DAG.format(number=number, team=number % 50, minute=number % 60), encoding="utf-8")


def empty(directory: str) -> list[dict[str, Any]]:
    """Tasks that create an empty directory on the host."""
    return [{"ansible.builtin.file": {"path": directory, "state": state}} for state in ("absent", "directory")]


def deliver(inventory: Path, tree: Path, sent: int) -> tuple[float, float]:
    """Deliver a tree with both methods and return the seconds of ours and of synchronize."""
    played = run(
        inventory,
        {
            "ansible_airflow.airflow.airflow_tree_receive": {"src": str(tree), "directory": STORE},
            "register": "received",
        },
        {"ansible_airflow.airflow.airflow_tree_switch": {"directory": STORE, "release": "{{ received.release }}"}},
        {
            "ansible.posix.synchronize": {
                "src": f"{tree}/",
                "dest": f"{SYNCED}/",
                # Compare contents, not times: a fresh checkout has new times. Files on the host belong to root.
                "checksum": True,
                "delete": True,
                "owner": False,
                "group": False,
                # Check the host's key, as our delivery does.
                "use_ssh_args": True,
            }
        },
    )
    received, switched, synchronized = played.results
    found = len(received["sent"]), switched["changed"], synchronized["changed"]
    if found != (sent, sent > 0, sent > 0):
        raise RuntimeError(f"expected {sent} sent files and matching changes, found {found}: {played.output[-2000:]}")
    return sum(played.seconds[:2]), played.seconds[2]


def copy(inventory: Path, tree: Path) -> dict[str, float]:
    """Seconds of `ansible.builtin.copy` for the whole tree by kind of change, extrapolated from a part of its files."""
    plant(tree, COPIED)
    task = {"ansible.builtin.copy": {"src": f"{tree}/", "dest": f"{PLAIN}/", "mode": "0644", "directory_mode": "0755"}}
    first, unchanged = run(inventory, task, task).seconds
    each = COUNT / COPIED
    return {"first": first * each, "unchanged": unchanged * each, "one_change": unchanged * each}


def note(copied: float) -> str:
    """Explanation of the figures."""
    return (
        "receive and switch, without check and refresh, against `ansible.posix.synchronize` (archive, checksum, "
        f"delete); `ansible.builtin.copy` takes {copied:.0f} s, measured once on {COPIED} files and scaled"
    )


GROUPS = [Group(NAMES, measure)]
