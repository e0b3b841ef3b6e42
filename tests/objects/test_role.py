"""The role airflow_objects and its playbook, with this machine as the host."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any

import pytest

from tests.objects.stack import Stack, words

if TYPE_CHECKING:
    import subprocess
    from pathlib import Path

    from tests.objects.conftest import Playbook

DATABASES = [{"name": "news", "owner": "reader"}]
CONNECTIONS: list[dict[str, Any]] = [
    {"conn_id": "postgres_default", "stack_database": "news", "description": "ours", "extra": {"sslmode": "disable"}},
    {"conn_id": "feeds_api", "conn_type": "http", "host": "api.example.com", "password": "find-me-1"},
]
PASSWORD = "find-me-2"

Seed = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture
def seed(playbook: Playbook) -> Seed:
    """Runs playbooks/seed_airflow_objects.yml with some variables."""
    return partial(playbook, "seed_airflow_objects", airflow_postgres_databases=DATABASES)


def test_seeds_connections(stack: Stack, seed: Seed, tmp_path: Path) -> None:
    (tmp_path / "database_news_password").write_text(f"{PASSWORD}\n")
    check = seed("--check", airflow_connections=CONNECTIONS)
    real = seed("-vvv", airflow_connections=CONNECTIONS)
    again = seed(airflow_connections=CONNECTIONS)
    for run, count in ((check, 1), (real, 1), (again, 0)):
        assert run.returncode == 0, run.stdout + run.stderr
        assert f"changed={count} " in run.stdout
        assert "find-me" not in run.stdout + run.stderr
    assert "password: (secret)" in check.stdout
    found = stack.exported()
    assert found["feeds_api"]["password"] == "find-me-1"
    assert json.loads(found["postgres_default"].pop("extra")) == {"sslmode": "disable"}
    assert found["postgres_default"] == {
        "conn_type": "postgres",
        "description": "ours",
        "host": "postgres",
        "port": 5432,
        "schema": "news",
        "login": "reader",
        "password": PASSWORD,
    }


def test_a_missing_password_stops_the_run(stack: Stack, seed: Seed, tmp_path: Path) -> None:
    check = seed("--check", airflow_connections=CONNECTIONS)
    assert check.returncode == 0, check.stdout
    assert "The passwords of news are made by the real run" in words(check.stdout)
    real = seed(airflow_connections=CONNECTIONS)
    assert real.returncode != 0
    assert f"here: {tmp_path}/database_news_password does not exist" in words(real.stdout + real.stderr)
    assert stack.exported() == {}


def test_bad_lists_stop_the_run_before_anything_is_changed(stack: Stack, seed: Seed) -> None:
    bad = [
        {"conn_id": "a", "stack_database": "nwes"},
        {"conn_id": "b", "conn_type": "http", "port": 70000, "password": "find-me"},
        {"conn_id": "b", "conn_type": "http"},
    ]
    output = seed(airflow_connections=[*CONNECTIONS, *bad])
    text = words(output.stdout + output.stderr)
    assert output.returncode != 0
    for part in (
        "here: these inputs cannot work; nothing was changed.",
        "stack_database 'nwes' is not listed in airflow_postgres_databases; write one of news",
        "'b': port 70000 is not one",
        "'b' is listed 2 times",
    ):
        assert part in text
    assert "find-me" not in text
    assert stack.exported() == {}


def test_an_unknown_key_is_refused(stack: Stack, seed: Seed) -> None:
    output = seed(airflow_connections=[{"conn_id": "a", "conn_type": "http", "hots": "x", "password": "find-me"}])
    assert output.returncode != 0
    assert "hots" in output.stdout
    assert "find-me" not in output.stdout + output.stderr
    assert stack.exported() == {}
