"""The role airflow_objects and its playbook, with this machine as the host."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.lab.names import REPO
from tests.objects.stack import PROJECT, Stack, words

SERVICES = ("postgres", "redis", "webserver", "scheduler", "triggerer", "worker")
DATABASES = [{"name": "news", "owner": "reader"}]
CONNECTIONS: list[dict[str, Any]] = [
    {"conn_id": "postgres_default", "stack_database": "news", "description": "ours", "extra": {"sslmode": "disable"}},
    {"conn_id": "feeds_api", "conn_type": "http", "host": "api.example.com", "password": "find-me-1"},
]
PASSWORD = "find-me-2"

Seed = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def seed(tmp_path: Path) -> Seed:
    """Runs playbooks/seed_airflow_objects.yml with some variables."""
    host = {"ansible_connection": "local", "ansible_python_interpreter": sys.executable}
    groups = {f"airflow_{service}": {"hosts": {"here": None}} for service in SERVICES}
    inventory = tmp_path / "hosts.yml"
    inventory.write_text(yaml.dump({"all": {"hosts": {"here": host}, "children": {"airflow": {"children": groups}}}}))

    def run(*options: str, **variables: Any) -> subprocess.CompletedProcess[str]:
        given = {
            "ansible_become": False,
            "__airflow_project": PROJECT,
            "airflow_secrets_directory": str(tmp_path),
            "airflow_postgres_databases": DATABASES,
            **variables,
        }
        (tmp_path / "vars.json").write_text(json.dumps(given))
        argv = [str(Path(sys.executable).with_name("ansible-playbook")), "-i", str(inventory), "--diff", *options]
        argv += ["-e", f"@{tmp_path}/vars.json", str(REPO / "playbooks" / "seed_airflow_objects.yml")]
        environment = {**os.environ, "ANSIBLE_CONFIG": str(REPO / "ansible.cfg")}
        return subprocess.run(argv, env=environment, capture_output=True, text=True, check=False)

    return run


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
