"""The module airflow_info on a real Airflow."""

from __future__ import annotations

from typing import Any

from tests.objects.stack import PROJECT, Stack, connections, play

BROKEN = "import no_such_module_anywhere\n"


def info(**options: Any) -> dict[str, Any]:
    return {"name": "Info", "airflow_info": {"project": PROJECT, **options}}


def test_tells_the_state(stack: Stack) -> None:
    play(connections([{"conn_id": "c", "conn_type": "http", "password": "find-me"}]))
    stack.inside("bash", "-c", f"mkdir -p dags && echo '{BROKEN}' > dags/broken.py")
    stack.sql("INSERT INTO import_error (filename, stacktrace) VALUES ('x.py', E'Traceback\n  y\nKeyError: 1\n')")
    stack.sql(
        "INSERT INTO dag (dag_id, is_active, is_paused, has_import_errors, fileloc, max_active_tasks, "
        "has_task_concurrency_limits) VALUES ('news', true, false, false, '/d/news.py', 1, false)"
    )
    stack.wait(lambda: play(info(subset=["workers"])).results[0]["workers"], seconds=60)
    played = play(info())
    result = played.results[0]
    assert not result.get("failed"), result
    assert result["changed"] is False
    assert (result["running"], result["version"]) == (True, "2.5.3")
    assert result["connections"] == [{"conn_id": "c", "conn_type": "http"}]
    assert "find-me" not in played.output
    assert result["workers"] == [{"name": "celery@worker", "queues": ["default"]}]
    (job,) = result["jobs"]
    assert (job["job_type"], job["hostname"], job["alive"]) == ("SchedulerJob", "scheduler", True)
    assert 0 <= job["heartbeat_age"] < 30
    errors = {error["file"]: error["error"] for error in result["import_errors"]}
    assert errors["x.py"] == "KeyError: 1"
    assert [dag["dag_id"] for dag in result["dags"]] == ["news"]
    assert result["dags"][0]["paused"] is False


def test_tells_only_what_is_asked_for(stack: Stack) -> None:
    result = play(info(subset=["version"])).results[0]
    assert result["version"] == "2.5.3"
    assert not {"dags", "jobs", "workers", "connections", "import_errors"} & set(result)
    assert stack.sql("SELECT 1")


def test_nothing_runs(stack: Stack) -> None:
    real, check = play(info(project="nobody"), {**info(project="nobody"), "check_mode": True}).results
    assert real["failed"]
    assert "runs none of the services" in real["msg"]
    assert check["running"] is False
    assert not check.get("failed")
    assert stack.sql("SELECT 1")
