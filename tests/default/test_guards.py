"""The short form of scenario guards, on a deployed host: two runs, a killed run, and things of other people."""

from __future__ import annotations

import random
import time
from typing import TYPE_CHECKING

import pytest

from tests.support.guarded import GuardedHost, kill
from tests.support.wait import wait

if TYPE_CHECKING:
    from collections.abc import Iterator

NAME = "default"
# Seconds between the lock and the end of an unchanged run, at least.
RUN_SECONDS = 25.0


@pytest.fixture(scope="module")
def host() -> Iterator[GuardedHost]:
    """The host. After the tests no secret and no row is lost; tests/default/test_installed.py runs site.yml next."""
    host = GuardedHost(NAME)
    before = host.secrets(), host.counts()
    yield host
    assert (host.secrets(), host.counts()) == before


def test_a_second_run_is_refused_and_a_killed_run_leaves_its_lock(host: GuardedHost) -> None:
    process = host.start("site.yml")
    host.locked_by(process)
    started = time.monotonic()
    second = host.play("site.yml")
    assert second.code != 0
    assert f"(process {process.pid})" in second.output
    assert second.changed == 0
    seed = random.SystemRandom().random()
    print(f"killed after {seed:.2f} of {RUN_SECONDS} s")
    wait(lambda: time.monotonic() - started > seed * RUN_SECONDS or process.poll() is not None, 120)
    assert process.poll() is None, "the run ended before it was killed"
    kill(process)
    assert host.lock()["pid"] == process.pid


def test_things_of_other_people_and_other_databases(host: GuardedHost) -> None:
    image = host.ssh("docker inspect -f '{{.Config.Image}}' airflow-redis-1").strip()
    label = "com.docker.compose.project=airflow"
    host.ssh(f"docker run -d --name by-hand --label {label} --entrypoint sleep {image} infinity")
    variables = {
        "airflow_version": "3.3.2",
        "airflow_postgres_image": "postgres:14",
        "airflow_directory": "/srv/airflow",
    }
    try:
        run = host.play("site.yml", **variables)
    finally:
        host.ssh("docker rm -f by-hand")
    assert run.code != 0
    words = (
        "containers by-hand also belong to a project named airflow",
        "the stack on this host is in /usr/local/projects/airflow",
        "Airflow's database was created by Postgres 15, which postgres:14 cannot read",
        "the database has the schema revision",
    )
    assert [word for word in words if word not in run.output] == [], run.output
    assert run.changed == 0
