"""Facts of a host that the DAG policy needs."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.containers.engine import EngineError
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.dag_check import host_facts
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.dag_check.host_facts import gather

DEFINITION = {"name": "airflow", "services": {"cli": {}, "worker": {}}}
OPTIONS: dict[str, Any] = {
    "compose_file": "/p/airflow/compose.yml",
    "projects_directory": "/p",
    "mount_prefixes": ["/m"],
    "slow_seconds": 5,
    "connections": ["seeded"],
    "pools": ["new"],
    "queues": ["default"],
    "docker_socket": "/s",
    "skip": [],
}


class Engine:
    """Stand in for the engine, and record the images it was asked for."""

    asked: list[str]

    def __init__(self, path: str) -> None:
        assert path == "/s"

    def networks(self) -> list[str]:
        return ["airflow"]

    def missing_images(self, names: Iterable[str]) -> dict[str, str]:
        type(self).asked = list(names)
        reasons = {"gone:1": "manifest unknown", "closed:1": "unauthorized", "private:1": "denied: no access"}
        return {name: reasons[name] for name in names if name in reasons}


@pytest.fixture(autouse=True)
def engine(monkeypatch: pytest.MonkeyPatch) -> type[Engine]:
    monkeypatch.setattr(host_facts, "Engine", Engine)
    return Engine


def report(*containers: dict[str, Any], unknown: str | None = None) -> dict[str, Any]:
    tasks = [{"task_id": "t", "line": 1, "mapped": False, "connections": {}, "containers": list(containers)}]
    dags = [{"dag_id": "d", "line": 1, "tasks": tasks}]
    known = {"connections": ["there"], "pools": ["default_pool"], "unknown": unknown}
    return {"files": [{"file": "a.py", "seconds": 1, "dags": dags}], "database": known}


def container(image: str | None, *, login: bool = False, source: str = "", url: str | None = None) -> dict[str, Any]:
    mounts = [{"source": source, "target": "/t", "type": "bind"}] if source else []
    return {"image": image, "docker_url": url, "login": login, "mounts": mounts}


def test_all_facts_are_gathered(tmp_path: Path) -> None:
    gone = str(tmp_path / "gone")
    containers = [container("a:1", source=str(tmp_path)), container("gone:1", source=gone), container(None)]
    context, partly = gather(OPTIONS, DEFINITION, report(*containers))
    assert context == {
        "project": "airflow",
        "services": ["cli", "worker"],
        "projects_directory": "/p",
        "mount_prefixes": ["/m"],
        "airflow_directory": "/p/airflow",
        "slow_seconds": 5,
        "queues": ["default"],
        "sources": {str(tmp_path): True, gone: False},
        "connections": ["there", "seeded"],
        "pools": ["default_pool", "new"],
        "roles": True,
        "networks": ["airflow"],
        "images": {"gone:1": "manifest unknown"},
        "unknown": {},
    }
    assert partly == []


def test_an_image_that_needs_the_tasks_login_is_not_checked() -> None:
    containers = [container("private:1", login=True), container("closed:1"), container("gone:1", login=True)]
    context, partly = gather(OPTIONS, DEFINITION, report(*containers))
    assert context["images"] == {"closed:1": "unauthorized", "gone:1": "manifest unknown"}
    assert partly == [("image-missing", "private:1 requires a login: denied: no access")]


def test_registries_are_asked_only_when_needed(engine: type[Engine]) -> None:
    gather({**OPTIONS, "skip": ["image-missing"]}, DEFINITION, report(container("gone:1")))
    assert engine.asked == []
    gather(OPTIONS, DEFINITION, report(container("far:1", url="tcp://far"), container("near:1")))
    assert engine.asked == ["near:1"]


def test_unavailable_facts_are_unknown(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(_: Engine) -> list[str]:
        raise EngineError("no such file")

    monkeypatch.setattr(Engine, "networks", fail)
    context, partly = gather(OPTIONS, DEFINITION, report(container("a:1"), unknown="OperationalError: down"))
    assert [context.get(name) for name in ("connections", "pools", "roles", "networks", "images")] == [None] * 5
    silent = "the Docker engine does not answer: no such file"
    down = "Airflow's database does not answer: OperationalError: down"
    assert context["unknown"] == {
        **dict.fromkeys(("connections", "pools", "roles"), down),
        "networks": silent,
        "images": silent,
    }
    assert partly == []
