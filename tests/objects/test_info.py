"""Module airflow_info on a real Airflow."""

from __future__ import annotations

from typing import Any

import pytest

from tests.lab import docker
from tests.objects.stack import PROJECT, READER, VERSION, Stack, connections, play
from tests.support.wait import wait

DAG = """
from datetime import datetime
from airflow import DAG
dag = DAG("news", schedule=None, start_date=datetime(2023, 1, 1))
"""
FILES = {"news.py": DAG, "broken.py": "import no_such_module_anywhere  # airflow dag"}


def info(**options: Any) -> dict[str, Any]:
    return {"name": "Info", "ansible_airflow.airflow.airflow_info": {"project": PROJECT, **options}}


def test_tells_the_state(stack: Stack) -> None:
    play(connections([{"conn_id": "c", "conn_type": "http", "password": "find-me"}]))
    stack.add_user("jane", "find-me")
    stack.sql("INSERT INTO variable (key, val, description, is_encrypted) VALUES ('v', 'find-me', 'd', false)")
    for name, text in FILES.items():
        stack.inside("bash", "-c", f"mkdir -p dags && cat > dags/{name} <<'END'\n{text}\nEND", service=READER)
    wait(lambda: stack.sql("SELECT 1 FROM dag, import_error"), seconds=60)
    wait(lambda: play(info(subset=["workers"])).results[0]["workers"], seconds=60)
    played = play(info())
    result = played.results[0]
    assert not result.get("failed"), result
    assert result["changed"] is False
    assert (result["running"], result["version"]) == (True, VERSION)
    assert result["connections"] == [{"conn_id": "c", "conn_type": "http"}]
    assert result["variables"] == [{"key": "v", "description": "d"}]
    assert [(pool["name"], pool["slots"], pool["open_slots"]) for pool in result["pools"]] == [
        ("default_pool", 128, 128)
    ]
    names = {"username": "jane", "email": "jane@example.com", "firstname": "Jane", "lastname": "Doe"}
    assert result["users"] == [{**names, "active": True, "roles": ["Op"]}]
    assert "find-me" not in played.output
    assert "pbkdf2" not in played.output
    assert result["workers"] == [{"name": "celery@worker", "queues": ["default"]}]
    jobs = [(job["job_type"], job["hostname"], job["alive"]) for job in result["jobs"]]
    reader = [("DagProcessorJob", READER, True)] if READER != "scheduler" else []
    assert jobs == [*reader, ("SchedulerJob", "scheduler", True)]
    assert all(0 <= job["heartbeat_age"] < 30 for job in result["jobs"])
    errors = {error["file"]: error["error"] for error in result["import_errors"]}
    assert errors == {"/opt/airflow/dags/broken.py": "ModuleNotFoundError: No module named 'no_such_module_anywhere'"}
    assert [dag["dag_id"] for dag in result["dags"]] == ["news"]
    assert (result["dags"][0]["paused"], result["dags"][0]["has_import_errors"]) == (True, False)


@pytest.mark.usefixtures("stack")
def test_waits_for_no_more_workers_than_there_are() -> None:
    wait(lambda: play(info(subset=["workers"])).results[0]["workers"], seconds=60)
    # If the module waited for the whole worker_timeout, it would run into `timeout` first.
    result = play(info(subset=["workers"], worker_timeout=900, worker_count=1, timeout=60)).results[0]
    assert [worker["name"] for worker in result["workers"]] == ["celery@worker"], result


def test_tells_only_what_is_asked_for(stack: Stack) -> None:
    result = play(info(subset=["version"])).results[0]
    assert result["version"] == VERSION
    assert not {"dags", "jobs", "workers", "connections", "import_errors"} & set(result)
    assert stack.sql("SELECT 1")


def test_a_dag_processor_that_runs_alone_is_found(stack: Stack) -> None:
    """A container with only a dag-processor, as on a host without other services."""
    labels = {"project": f"{PROJECT}-alone", "service": "dag-processor"}
    quiet = {"CONNECTION_CHECK_MAX_COUNT": "0"}
    stack.start_airflow("alone", "bash", "-c", "exec sleep infinity", environment=quiet, labels=labels)
    try:
        result = play(info(project=labels["project"], subset=["version"])).results[0]
        assert (result.get("version"), result.get("container")) == (VERSION, f"{PROJECT}-alone-1"), result
    finally:
        docker.docker("rm", "--force", "--volumes", f"{PROJECT}-alone-1")


def test_nothing_runs(stack: Stack) -> None:
    real, check = play(info(project="nobody"), {**info(project="nobody"), "check_mode": True}).results
    assert real["failed"]
    assert "runs none of the services" in real["msg"]
    assert check["running"] is False
    assert not check.get("failed")
    assert stack.sql("SELECT 1")
