"""An unchanged run of site.yml on more and more hosts."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from statistics import median

import yaml

from tests.bench.entry import Group, Measured
from tests.lab.names import REPO
from tests.remote import Lab, lab

LAB = "bench-hosts"
RUNS = 3
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


def unchanged(hosts: Lab) -> float:
    """Seconds of a run that has nothing to do."""
    run = hosts.play("site.yml")
    if run.code != 0 or set(run.changes.values()) != {0}:
        raise RuntimeError(f"this run was to change nothing: {run.changes} {run.output[-3000:]}")
    return run.seconds


def measure() -> list[Measured]:
    """Deploy to one host, then to more; after each growth, run again some times."""
    seconds: dict[int, float] = {}
    try:
        for count in COUNTS:
            hosts = make(count)
            deployed = hosts.play("site.yml", airflow_worker_serial="100%")
            if deployed.code != 0:
                raise RuntimeError(f"{count} hosts could not be deployed: {deployed.output[-3000:]}")
            seconds[count] = median(unchanged(hosts) for _ in range(RUNS))
            print(f"{count} hosts: {seconds[count]:.1f} s", flush=True)
    finally:
        subprocess.run([sys.executable, "-m", "tests.lab", "down", LAB], check=True, cwd=REPO)
    few, many = COUNTS[1], COUNTS[-1]
    each = (seconds[many] - seconds[few]) / (many - few)
    others = ", ".join(f"{count}: {seconds[count]:.0f} s" for count in COUNTS[:-1])
    note = (
        f"site.yml with nothing to do; hosts and seconds: {others}; {each:.1f} s for each host above {few}, whose own "
        f"work is done by the same machine; the reference is {many} times one host"
    )
    return [Measured(NAME, "seconds", seconds[many], seconds[1] * many, RUNS, note)]


GROUPS = [Group([NAME], measure)]
