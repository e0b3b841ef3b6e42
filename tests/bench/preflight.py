"""The check of an inventory on the controller, for one host and for several."""

from __future__ import annotations

import statistics
import subprocess
import tempfile
import time
from pathlib import Path

import yaml

from tests import tables
from tests.bench.entry import Group, Measured
from tests.lab.names import REPO
from tests.support.ansible import ANSIBLE_PLAYBOOK

RUNS = 5
COUNTS = (1, 8)
NAMES = [f"check_inventory_{count}_hosts_seconds" for count in COUNTS]


def inventory(count: int) -> dict[str, object]:
    """An inventory in which each host runs all services that may have several hosts."""
    hosts = {f"server{n}": {"airflow_private_address": f"198.51.100.{n}"} for n in range(1, count + 1)}
    slots = {"airflow_worker_concurrency": 4}
    single = ("airflow_postgres", "airflow_redis")
    groups = {
        group: {"hosts": dict.fromkeys(list(hosts)[:1] if group in single else hosts)}
        for group in tables.service_groups()
    }
    return {"all": {"hosts": hosts, "vars": slots}, "airflow": {"children": groups}}


def seconds(source: Path, *arguments: str) -> float:
    """Time of a run of ansible-playbook that must succeed."""
    started = time.monotonic()
    subprocess.run([ANSIBLE_PLAYBOOK, "-i", str(source), *arguments], check=True, cwd=REPO, capture_output=True)
    return time.monotonic() - started


def measure() -> list[Measured]:
    """Measure both, alternating with the reference."""
    results = []
    for count, name in zip(COUNTS, NAMES, strict=True):
        with tempfile.TemporaryDirectory() as directory:
            source = Path(directory) / "hosts.yml"
            source.write_text(yaml.safe_dump(inventory(count)), encoding="utf-8")
            ours, reference = [], []
            for _ in range(RUNS):
                ours.append(seconds(source, "playbooks/check_inventory.yml"))
                reference.append(seconds(source, "site.yml", "--syntax-check"))
        note = (
            f"playbooks/check_inventory.yml, from {min(ours):.1f} to {max(ours):.1f} s; the reference, which checks no "
            "variable, is site.yml with --syntax-check"
        )
        middle, other = statistics.median(ours), statistics.median(reference)
        results.append(Measured(name, "seconds", middle, other, RUNS, note))
    return results


GROUPS = [Group(NAMES, measure)]
