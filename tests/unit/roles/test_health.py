"""The health check of services that write a heartbeat to the database, with a fake database."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.support.programs import load

Verdict = Callable[[float | None, float], str]


@pytest.fixture
def health(tmp_path: Path) -> Any:
    """The program as a module, with a secret to read."""
    module = load("health")
    module.SECRETS = str(tmp_path)
    (tmp_path / "sql_alchemy_conn").write_text("postgresql+psycopg2://airflow:x@postgres:5432/airflow")
    return module


class Database:
    """Stand in for psycopg2, its connection and its cursor: return the age of the last heartbeat."""

    def __init__(self, age: float | None) -> None:
        self.age = age

    def connect(self, url: str, connect_timeout: int) -> Database:
        assert url.startswith("postgresql://airflow:x@")
        assert connect_timeout
        return self

    def cursor(self) -> Database:
        return self

    def __enter__(self) -> Database:
        return self

    def __exit__(self, *_args: object) -> None: ...

    def execute(self, query: str, values: tuple[str, str]) -> None:
        assert query.count("%s") == len(values)

    def fetchone(self) -> tuple[float | None]:
        return (self.age,)

    def close(self) -> None: ...


@pytest.fixture
def verdict(health: Any, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Verdict:
    """Output of the check for the ages of the heartbeat and of the container; empty if healthy."""

    def check(heartbeat: float | None, container: float) -> str:
        monkeypatch.setitem(sys.modules, "psycopg2", Database(heartbeat))
        monkeypatch.setattr(health, "container_age", lambda: container)
        with contextlib.suppress(SystemExit):
            health.job("SchedulerJob")
        return capsys.readouterr().out

    return check


def test_a_fresh_heartbeat_is_healthy(verdict: Verdict) -> None:
    assert verdict(8.0, 600.0) == ""


def test_an_old_heartbeat_is_unhealthy(verdict: Verdict) -> None:
    assert verdict(45.0, 600.0) == "the last heartbeat of SchedulerJob is 45 s old\n"


@pytest.mark.parametrize("heartbeat", [None, 12.0])
def test_a_heartbeat_of_an_earlier_container_does_not_count(verdict: Verdict, heartbeat: float | None) -> None:
    assert verdict(heartbeat, 4.0).endswith("has sent a heartbeat since this container started\n")


def test_the_age_of_the_container_is_read_from_its_first_process(health: Any) -> None:
    uptime = float(Path("/proc/uptime").read_text().split()[0])
    assert 0 <= health.container_age() <= uptime
