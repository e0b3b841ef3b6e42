"""CPU time of a host on which no DAG runs: our checks compared with those of the release's own compose file."""

from __future__ import annotations

import json
import time
from functools import partial
from pathlib import Path
from statistics import median

from tests import tables
from tests.bench.deployed import deployed
from tests.bench.entry import Group, Measured
from tests.lab.docker import docker
from tests.support.hosts import Remote, services_healthy
from tests.support.wait import wait

RELEASES = (tables.default_release(), tables.tested()[-1])
LAB = "bench-idle"
# Windows of each kind, and the seconds of one: a multiple of the periods of all checks.
WINDOWS, SECONDS = 3, 180
# Cores that a host may use at most, which was set when the checks were designed.
LIMITS = {RELEASES[0]: 0.105, RELEASES[1]: 0.130}
COMPOSE = (
    "docker compose --project-directory /usr/local/projects/airflow --file /usr/local/projects/airflow/compose.yml"
)
TIMERS = "airflow-watch.timer airflow-watch-alert.timer"
JOBS = 'airflow jobs check --job-type {} --hostname "$${{HOSTNAME}}"'
CELERY = 'celery --app {} inspect ping -d "celery@$${{HOSTNAME}}"'
BACKING = {"postgres": "pg_isready -U airflow", "redis": "redis-cli ping"}
# Health checks of the compose file that Airflow publishes for these releases, and their interval.
OFFICIAL = {
    "2": (
        "10s",
        {
            **BACKING,
            "webserver": "curl --fail http://localhost:8080/health",
            "scheduler": JOBS.format("SchedulerJob"),
            "triggerer": JOBS.format("TriggererJob"),
            "worker": CELERY.format("airflow.executors.celery_executor.app"),
        },
    ),
    "3": (
        "30s",
        {
            **BACKING,
            "webserver": "curl --fail http://localhost:8080/api/v2/version",
            "scheduler": "curl --fail http://localhost:8974/health",
            "dag-processor": JOBS.format("DagProcessorJob"),
            "triggerer": JOBS.format("TriggererJob"),
            "worker": CELERY.format("airflow.providers.celery.executors.celery_executor.app"),
        },
    ),
}


def name(release: str) -> str:
    """Name of the measurement of a release."""
    return f"idle_airflow_{release}_cores"


def used(host: Remote) -> float:
    """CPU seconds that a host of the lab has used, with all its containers."""
    id_ = docker("inspect", "--format", "{{.Id}}", host.variables["lab_container"]).strip()
    groups = Path("/sys/fs/cgroup")
    for path in (groups / "cpuacct").glob(f"**/{id_}/cpuacct.usage"):
        return int(path.read_text(encoding="ascii")) / 1e9
    for path in groups.glob(f"**/*{id_}*/cpu.stat"):
        return int(path.read_text(encoding="ascii").split()[1]) / 1e6
    raise RuntimeError(f"no group of processes below {groups} is named after the container {id_}")


def cores(host: Remote) -> float:
    """Average number of busy cores during one window."""
    before, since = used(host), time.monotonic()
    time.sleep(SECONDS)
    return (used(host) - before) / (time.monotonic() - since)


def settled(host: Remote) -> None:
    """Wait until all services have started and their first work is done."""
    wait(partial(services_healthy, host), 600, "healthy services")
    time.sleep(SECONDS)


def checked(host: Remote) -> bool:
    """Whether Docker has finished checking each service. A stand-in image lacks programs of the official checks."""
    states = host.ssh("docker ps --filter label=com.docker.compose.project=airflow --format '{{.Status}}'")
    return bool(states) and "health: starting" not in states


def official(release: str, services: list[str]) -> str:
    """Compose file that replaces our health checks by those of the release's own compose file."""
    interval, checks = OFFICIAL[release.split(".", maxsplit=1)[0]]
    return json.dumps(
        {
            "services": {
                service: {"healthcheck": {"test": ["CMD-SHELL", checks[service]], "interval": interval}}
                for service in services
            }
        }
    )


def measure(release: str) -> list[Measured]:
    """Deploy a host, stop its schedules, and measure it with our checks, then with the official ones."""
    with deployed(LAB, release) as hosts:
        return compare(hosts.hosts["airflow1"], release)


def compare(host: Remote, release: str) -> list[Measured]:
    """Measure on a deployed host."""
    host.ssh("docker exec -i airflow-postgres-1 psql -U airflow airflow", "UPDATE dag SET is_paused = true")
    settled(host)
    ours = [cores(host) for _ in range(WINDOWS)]
    host.ssh(f"systemctl stop {TIMERS}")
    unwatched = [cores(host) for _ in range(WINDOWS)]
    services = host.ssh(f"{COMPOSE} ps --services").split()
    host.ssh("cat >/root/official.yml", official(release, services))
    host.ssh(f"{COMPOSE} --file /root/official.yml up --detach --no-build --pull never {' '.join(services)}")
    wait(partial(checked, host), 600, "the end of the start")
    time.sleep(SECONDS)
    reference = [cores(host) for _ in range(WINDOWS)]
    note = (
        f"cores that the whole host uses while no DAG runs, in windows of {SECONDS} s, {min(ours):.3f} to "
        f"{max(ours):.3f}, {median(unwatched):.3f} of them without airflow-watch; the limit is {LIMITS[release]:.3f}; "
        f"the reference is the same stack with the health checks of the release's own compose file and without "
        f"airflow-watch, {min(reference):.3f} to {max(reference):.3f}"
    )
    return [Measured(name(release), "cores", median(ours), median(reference), WINDOWS, note)]


GROUPS = [Group([name(release)], partial(measure, release)) for release in RELEASES]
