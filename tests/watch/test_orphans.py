"""Containers that tasks leave behind: one container of a task at a time, and none in the end."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.support.wait import wait
from tests.watch.conftest import HEALED_SECONDS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.watch.conftest import Host

# The first try takes as long as the run is told to, later ones take five seconds.
DAG = """
from datetime import datetime, timedelta
from airflow import DAG
from airflow.providers.docker.operators.docker import DockerOperator
with DAG("orphans", start_date=datetime(2023, 1, 1), schedule=None, catchup=False, is_paused_upon_creation=False):
    for name, retries in (("retried", 1), ("tried_once", 0)):
        DockerOperator(
            task_id=name,
            image="python:3.13-slim",
            command=["python", "-c", "import time; time.sleep({{ 600 if ti.try_number == 1 else 5 }})"],
            container_name="orphans_" + name,
            auto_remove="force",
            retries=retries,
            retry_delay=timedelta(seconds=1),
            mount_tmp_dir=False,
        )
"""
# Airflow notices a killed worker after five minutes by default.
NOTICED_SECONDS = 600
LISTED = (
    "docker ps --all --filter label=airflow.dag=orphans "
    """--format '{{.Names}} {{.State}} {{.Label "airflow.try"}}' | sort"""
)


@pytest.fixture(scope="module")
def dag(host: Host, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Host]:
    """The host with the DAG, and afterwards with its own DAGs again."""
    directory: Path = tmp_path_factory.mktemp("dags")
    (directory / "orphans.py").write_text(DAG, encoding="utf-8")
    run = host.play("playbooks/sync_airflow_dags.yml", airflow_dags_source=str(directory))
    assert run.code == 0, run.output
    yield host
    run = host.play("playbooks/sync_airflow_dags.yml")
    assert run.code == 0, run.output
    host.ssh("docker ps -aq --filter label=airflow.dag=orphans | xargs -r docker rm -f")


def containers(host: Host) -> list[str]:
    """Containers of the DAG: name, state and try."""
    return host.ssh(LISTED).splitlines()


def states(host: Host) -> dict[str, str]:
    """State of each task of the last run."""
    query = (
        "SELECT coalesce(json_object_agg(task_id, state), '{}') FROM task_instance WHERE dag_id = 'orphans'"
        " AND run_id = (SELECT run_id FROM dag_run WHERE dag_id = 'orphans' ORDER BY id DESC LIMIT 1)"
    )
    found: dict[str, str] = json.loads(host.ssh(f'docker exec airflow-postgres-1 psql -U airflow -Atc "{query}"'))
    return found


def start(host: Host) -> None:
    """Start a run, and wait until both of its containers run."""
    wait(lambda: "orphans" in host.ssh("airflow dags list -o plain"), 120, "the DAG in Airflow's database")
    host.ssh("airflow dags trigger orphans")
    both = ["orphans_retried running 1", "orphans_tried_once running 1"]
    wait(lambda: containers(host) == both, 180, "two running containers")


def test_a_killed_worker_leaves_no_container_and_no_task_runs_twice(dag: Host) -> None:
    start(dag)
    since = dag.now()
    dag.ssh("docker kill -s KILL airflow-worker-1")
    until, seen = time.monotonic() + NOTICED_SECONDS, set()
    while time.monotonic() < until:
        there = containers(dag)
        # The fault that must not happen.
        assert len([one for one in there if one.startswith("orphans_retried running")]) <= 1, there
        seen |= set(there)
        if not there and states(dag) == {"retried": "success", "tried_once": "failed"}:
            break
        time.sleep(1)
    assert (containers(dag), states(dag)) == ([], {"retried": "success", "tried_once": "failed"})
    assert "orphans_retried running 2" in seen
    said = dag.said(since)
    assert "removing orphans_tried_once (running): DAG orphans, task tried_once, run " in said
    assert "ERROR" not in said


def test_without_the_database_no_container_is_touched(dag: Host) -> None:
    start(dag)
    try:
        dag.ssh("airflow-watch pause --for 30m --owner test")
        dag.ssh("docker stop airflow-postgres-1")
        since = dag.now()
        wait(lambda: "containers of tasks are left alone" in dag.said(since), HEALED_SECONDS, "a round")
        assert len(containers(dag)) == 2
        assert dag.run("airflow-watch orphans").returncode == 1
    finally:
        dag.ssh("airflow-watch resume; docker start airflow-postgres-1")
    dag.wait_healthy()
    wait(lambda: "left alone: orphans_retried (running)" in dag.run("airflow-watch orphans").stdout, 60, "the database")
    # What has no label is not a container of a task, and one that exited by its author's wish stays.
    dag.ssh("docker run -d --name orphans_other python:3.13-slim sleep 600")
    try:
        assert "orphans_other" not in dag.ssh("airflow-watch orphans")
    finally:
        dag.ssh("docker rm -f orphans_other")
