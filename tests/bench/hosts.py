"""An unchanged run of site.yml on more and more hosts."""

from __future__ import annotations

import resource
import subprocess
import sys
import tempfile
from dataclasses import dataclass

import yaml

from tests.bench.entry import Group, Measured
from tests.lab.names import REPO
from tests.remote import Lab, lab

LAB = "bench-hosts"
RUNS = 1
COUNTS = (1, 2, 4, 8)
NAME = f"site_unchanged_{COUNTS[-1]}_hosts_seconds"
MAIN = REPO / "molecule" / "default" / "molecule.yml"


def platforms(count: int) -> list[dict[str, object]]:
    """The first host runs everything, with a worker; each other one is one more worker."""
    rows = yaml.safe_load(MAIN.read_text(encoding="utf-8"))["platforms"]
    return [*rows, *({"name": f"worker{number}", "groups": ["airflow_worker"]} for number in range(2, count + 1))]


def make(count: int) -> Lab:
    """Have so many hosts; those that are there stay."""
    with tempfile.NamedTemporaryFile("w", suffix=".yml") as file:
        yaml.safe_dump({"platforms": platforms(count)}, file)
        file.flush()
        subprocess.run([sys.executable, "-m", "tests.lab", "up", LAB, "--platforms", file.name], check=True, cwd=REPO)
    return lab(LAB)


@dataclass(frozen=True)
class Run:
    """What a run cost.

    Args:
        seconds: From its start to its end.
        cpu: Seconds of a core that Ansible took here, SSH included; what it made the hosts do is not in it.
    """

    seconds: float
    cpu: float


def unchanged(hosts: Lab) -> Run:
    """Measure a run that has nothing to do."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    run = hosts.play("site.yml")
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    if run.code != 0 or set(run.changes.values()) != {0}:
        raise RuntimeError(f"this run was to change nothing: {run.changes} {run.output[-3000:]}")
    return Run(run.seconds, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)


def measure() -> list[Measured]:
    """Deploy to one host, then to more; after each growth, run again some times."""
    runs: dict[int, Run] = {}
    try:
        for count in COUNTS:
            hosts = make(count)
            deployed = hosts.play("site.yml", airflow_worker_serial="100%")
            if deployed.code != 0:
                raise RuntimeError(f"{count} hosts could not be deployed: {deployed.output[-3000:]}")
            runs[count] = sorted((unchanged(hosts) for _ in range(RUNS)), key=lambda run: run.seconds)[RUNS // 2]
            print(f"{count} hosts: {runs[count].seconds:.1f} s, {runs[count].cpu:.1f} s of a core", flush=True)
    finally:
        subprocess.run([sys.executable, "-m", "tests.lab", "down", LAB], check=True, cwd=REPO)
    few, many = COUNTS[1], COUNTS[-1]
    wall = (runs[many].seconds - runs[few].seconds) / (many - few)
    cpu = (runs[many].cpu - runs[few].cpu) / (many - few)
    others = ", ".join(f"{count}: {runs[count].seconds:.0f} s" for count in COUNTS[:-1])
    note = (
        f"site.yml with nothing to do; hosts and seconds: {others}; {wall:.1f} s for each host above {few}, where one "
        f"machine is all the hosts and the controller, {cpu:.1f} s of a core on the controller alone; the reference is "
        f"{many} times one host"
    )
    return [Measured(NAME, "seconds", runs[many].seconds, runs[1].seconds * many, RUNS, note)]


GROUPS = [Group([NAME], measure)]
