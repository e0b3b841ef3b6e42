"""An unchanged run of site.yml on an increasing number of hosts."""

from __future__ import annotations

import resource
import subprocess
import sys
import tempfile
from dataclasses import dataclass

import yaml

from tests.bench.entry import Group, Measured
from tests.lab.names import REPO
from tests.support.hosts import Lab, lab

LAB = "bench-hosts"
RUNS = 1
COUNTS = (1, 2, 4, 8)
NAME = f"site_unchanged_{COUNTS[-1]}_hosts_seconds"
MAIN = REPO / "molecule" / "default" / "molecule.yml"


def platforms(count: int) -> list[dict[str, object]]:
    """Platforms where the first host runs all services, including a worker, and every other host runs a worker."""
    rows = yaml.safe_load(MAIN.read_text(encoding="utf-8"))["platforms"]
    return [*rows, *({"name": f"worker{number}", "groups": ["airflow_worker"]} for number in range(2, count + 1))]


def make(count: int) -> Lab:
    """Create missing hosts up to this number; existing hosts are kept."""
    with tempfile.NamedTemporaryFile("w", suffix=".yml") as file:
        yaml.safe_dump({"platforms": platforms(count)}, file)
        file.flush()
        subprocess.run([sys.executable, "-m", "tests.lab", "up", LAB, "--platforms", file.name], check=True, cwd=REPO)
    return lab(LAB)


@dataclass(frozen=True)
class Run:
    """Cost of a run.

    Args:
        seconds: Seconds from start to end.
        cpu: CPU seconds of Ansible on this machine, including SSH; without the processes on the hosts.
    """

    seconds: float
    cpu: float


def unchanged(hosts: Lab) -> Run:
    """Measure a run that changes nothing."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    run = hosts.play("site.yml")
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    if run.code != 0 or set(run.changes.values()) != {0}:
        raise RuntimeError(f"the run failed, or changed something: {run.changes} {run.output[-3000:]}")
    return Run(run.seconds, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)


def measure() -> list[Measured]:
    """Deploy to one host, then to more; after each deployment measure unchanged runs."""
    runs: dict[int, Run] = {}
    try:
        for count in COUNTS:
            hosts = make(count)
            deployed = hosts.play("site.yml", airflow_worker_serial="100%")
            if deployed.code != 0:
                raise RuntimeError(f"deployment to {count} hosts failed: {deployed.output[-3000:]}")
            runs[count] = sorted((unchanged(hosts) for _ in range(RUNS)), key=lambda run: run.seconds)[RUNS // 2]
            print(f"{count} hosts: {runs[count].seconds:.1f} s, {runs[count].cpu:.1f} s of CPU time", flush=True)
    finally:
        subprocess.run([sys.executable, "-m", "tests.lab", "down", LAB], check=True, cwd=REPO)
    few, many = COUNTS[1], COUNTS[-1]
    wall = (runs[many].seconds - runs[few].seconds) / (many - few)
    cpu = (runs[many].cpu - runs[few].cpu) / (many - few)
    others = ", ".join(f"{count}: {runs[count].seconds:.0f} s" for count in COUNTS[:-1])
    note = (
        f"site.yml without changes; seconds by number of hosts: {others}; {wall:.1f} s per host above {few}, where all "
        f"hosts and the controller share one machine; {cpu:.1f} s of CPU time per host on the controller alone; the "
        f"reference is {many} times the time of one host"
    )
    return [Measured(NAME, "seconds", runs[many].seconds, runs[1].seconds * many, RUNS, note)]


GROUPS = [Group([NAME], measure)]
