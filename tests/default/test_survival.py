"""The short form of scenario survival: a killed worker whose container goes on, and a power cut."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest

from tests.lab.docker import docker
from tests.lab.names import REPO
from tests.support.guarded import GuardedHost
from tests.support.hosts import services_healthy
from tests.support.wait import wait
from tests.support.work import Work

if TYPE_CHECKING:
    from collections.abc import Iterator

NAME = "default"
DAGS = REPO / "molecule" / "survival" / "dags" / "survival.py"
HERE = "/usr/local/projects/airflow/dags/current/survival.py"
AIRFLOW = "docker exec airflow-scheduler-1 airflow"
RECOVERED_SECONDS = 300


@pytest.fixture(scope="module")
def host() -> Iterator[GuardedHost]:
    """The host with the DAGs of scenario survival."""
    host = GuardedHost(NAME)
    host.ssh(f"cat >{HERE}", DAGS.read_text(encoding="utf-8"))
    host.ssh(f"{AIRFLOW} dags reserialize")
    yield host
    host.ssh(f"rm {HERE}; for dag in short long; do {AIRFLOW} dags delete --yes $dag; done")


@pytest.fixture
def work(host: GuardedHost) -> Work:
    """The work on the host."""
    return Work(host, host)


def recovered(host: GuardedHost, since: float) -> None:
    """Wait until all services are healthy, and report how long that took."""
    wait(lambda: services_healthy(host), RECOVERED_SECONDS, "healthy services")
    print(f"all services are healthy again after {time.monotonic() - since:.0f} s")


def test_the_container_of_a_killed_worker_is_stopped_before_the_retry(host: GuardedHost, work: Work) -> None:
    run = work.start_long(30)
    since = time.monotonic()
    host.ssh("docker kill airflow-worker-1")
    work.finish(run)
    recovered(host, since)


def test_a_host_comes_back_after_a_power_cut(host: GuardedHost) -> None:
    container = host.remote.variables["lab_container"]
    since = time.monotonic()
    docker("kill", container)
    docker("start", container)
    recovered(host, since)
    assert "firewall: active\n" in host.ssh("airflow-watch status")
