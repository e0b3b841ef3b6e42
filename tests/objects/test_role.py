"""Role airflow_objects and its playbook, with this machine as the host."""

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
VARIABLES: list[dict[str, Any]] = [
    {"key": "token", "value": "{{ vault_token | default('find-me') }}", "description": "ours"},
    {"key": "number", "value": 1},
    {"key": "text", "value": "1"},
    {"key": "feeds", "value": ["a"]},
    {"key": "gone", "state": "absent"},
]
POOLS = [{"name": "default_pool", "slots": 7}, {"name": "news", "slots": 2}]
PASSWORD = "find-me-2"

Seed = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture
def seed(playbook: Playbook) -> Seed:
    """Return a function that runs playbooks/seed_airflow_objects.yml with variables."""
    return partial(playbook, "seed_airflow_objects", airflow_postgres_databases=DATABASES)


def test_seeds_all_kinds_at_once(stack: Stack, seed: Seed, tmp_path: Path) -> None:
    (tmp_path / "database_news_password").write_text(f"{PASSWORD}\n")
    seed = partial(seed, airflow_connections=CONNECTIONS, airflow_variables=VARIABLES, airflow_pools=POOLS)
    check = seed("--check")
    real = seed("-vvv", vault_token="find-me-3")
    again = seed("-vvv", vault_token="find-me-3")
    for run, count in ((check, 1), (real, 1), (again, 0)):
        assert run.returncode == 0, run.stdout + run.stderr
        assert f"changed={count} " in run.stdout
        assert "find-me" not in run.stdout + run.stderr
    assert ["starts: 2" in real.stdout, "starts: 1" in again.stdout] == [True, True]
    assert "password: (secret)" in check.stdout
    assert "value: (secret)" in check.stdout
    assert stack.variables() == {"token": "find-me-3", "number": "1", "text": "1", "feeds": '[\n  "a"\n]'}
    assert stack.sql("SELECT pool, slots FROM slot_pool ORDER BY pool") == "default_pool|7\nnews|2\n"
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


@pytest.mark.slow
def test_a_missing_password_stops_the_run(stack: Stack, seed: Seed, tmp_path: Path) -> None:
    seed = partial(seed, airflow_connections=CONNECTIONS, airflow_users=[])
    check = seed("--check")
    assert check.returncode == 0, check.stdout
    assert "A real run generates database_news_password, admin_password" in words(check.stdout)
    assert "email: admin@example.com" in check.stdout
    real = seed()
    assert real.returncode != 0
    for part in (
        "here: these files do not exist; nothing was changed. Run playbooks/deploy_airflow_stack.yml first.",
        f"- {tmp_path}/database_news_password, which a connection with stack_database news needs",
        f"- {tmp_path}/admin_password, which the first administrator needs",
    ):
        assert part in words(real.stdout + real.stderr)
    assert stack.exported() == stack.users() == {}


def test_bad_lists_stop_the_run_before_anything_is_changed(stack: Stack, seed: Seed) -> None:
    bad = [
        {"conn_id": "a", "stack_database": "nwes"},
        {"conn_id": "b", "conn_type": "http", "port": 70000, "password": "find-me"},
        {"conn_id": "b", "conn_type": "http"},
    ]
    variables = [{"key": "v", "value": "find-me", "description": "x\0"}, {"key": "n"}]
    output = seed(
        airflow_connections=[*CONNECTIONS, *bad],
        airflow_variables=variables,
        airflow_pools=[{"name": "p"}],
        airflow_users=[{"username": "u"}],
    )
    text = words(output.stdout + output.stderr)
    assert output.returncode != 0
    for part in (
        "nothing was changed.",
        "stack_database 'nwes' is not listed in airflow_postgres_databases; write one of news",
        "'b': port 70000 is invalid",
        "'b' is listed 2 times",
        "airflow_variables, 'v': description holds a NUL character",
        "airflow_variables, 'n': value is missing or null",
        "airflow_pools, 'p': slots is missing",
        "airflow_users, 'u': roles is missing",
    ):
        assert part in text
    assert "find-me" not in text
    assert stack.exported() == {}


def test_an_unknown_key_is_refused(stack: Stack, seed: Seed) -> None:
    for lists, key in (
        ({"airflow_connections": [{"conn_id": "a", "conn_type": "http", "hots": "x", "password": "find-me"}]}, "hots"),
        ({"airflow_variables": [{"key": "a", "value": "find-me", "descripton": "find-me"}]}, "descripton"),
    ):
        output = seed(**lists)
        assert output.returncode != 0
        assert key in output.stdout
        assert "find-me" not in output.stdout + output.stderr
    assert stack.exported() == {}


@pytest.mark.slow
def test_makes_the_first_administrator_once(stack: Stack, seed: Seed, tmp_path: Path) -> None:
    seed = partial(seed, airflow_users=[])
    secret = tmp_path / "admin_password"
    secret.write_text(f"{PASSWORD}\n")
    check, real = seed("--check"), seed("-vvv")
    # Later changes of the administrator in Airflow are kept.
    stack.sql("UPDATE ab_user SET email = 'new@example.com', first_name = 'Jane'")
    secret.write_text("another")
    later = seed()
    for run, count in ((check, 1), (real, 1), (later, 0)):
        assert run.returncode == 0, run.stdout + run.stderr
        assert f"changed={count} " in run.stdout
        assert "find-me" not in run.stdout + run.stderr
    assert "password: (secret)" in check.stdout
    assert stack.users() == {
        "admin": {"email": "new@example.com", "firstname": "Jane", "lastname": "Administrator", "roles": ["Admin"]}
    }
    assert stack.opens(("admin", PASSWORD), ("admin", "another")) == [True, False]


@pytest.mark.slow
def test_a_listed_entry_replaces_the_administrator(stack: Stack, seed: Seed, tmp_path: Path) -> None:
    (tmp_path / "admin_password").write_text(f"{PASSWORD}\n")
    stack.add_user("admin", "forgotten")
    entry = {"username": "admin", "roles": ["Admin"], "update_password": "always"}
    runs = [seed(airflow_users=[entry]) for _ in range(2)]
    for run, count in zip(runs, (1, 0), strict=True):
        assert run.returncode == 0, run.stdout
        assert f"changed={count} " in run.stdout
    assert stack.users()["admin"]["roles"] == ["Admin"]
    assert stack.opens(("admin", PASSWORD)) == [True]
