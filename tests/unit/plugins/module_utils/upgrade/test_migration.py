"""The container of a migration, and what it says when it fails."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import pytest
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.containers.docker_command import Docker
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.upgrade import migration
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.upgrade.comparison import lost
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.upgrade.migration import (
    MigrationError,
    address,
    argv,
    beside,
    cause,
    in_stack,
    migrate,
)

PLACE = beside("server", "airflow", "airflow", "/etc/airflow/secrets/fernet_key", "50000:0")
STEP = {
    "release": "2.11.2",
    "image": "apache/airflow:2.11.2",
    "command": "airflow db migrate",
    "environment": {},
    "cleans": False,
}


def fake(tmp_path: Path, text: str) -> Docker:
    """A docker command that runs a script for `docker run` and knows no container."""
    program = tmp_path / "docker"
    program.write_text(f'#!/bin/sh\n[ "$1" = run ] || exit 0\n{text}\n', encoding="utf-8")
    program.chmod(0o755)
    return Docker(str(program))


def test_its_container_reaches_only_the_database() -> None:
    words = argv(Docker("docker"), "rehearsal", PLACE, {**STEP, "environment": {"A": "b c"}})
    assert words[:9] == ["docker", "run", "--rm", "--name", "rehearsal", "--user", "50000:0", "--network", "none"]
    assert "A=b c" in words
    assert words[-4:] == ["apache/airflow:2.11.2", "bash", "-c", "airflow db migrate"]
    assert "type=bind,source=/etc/airflow/secrets/fernet_key,target=/run/fernet_key,readonly" in words
    assert not {"--volume", "-v", "--publish"} & set(words)


def test_its_container_in_the_stack_gets_no_password_as_an_argument(tmp_path: Path) -> None:
    place = in_stack("airflow", "/etc/airflow/secrets/sql_alchemy_conn", str(tmp_path), "/key", "50000:0")
    words = argv(Docker("docker"), "migration", place, STEP)
    assert words[7:9] == ["--network", "airflow"]
    mounts = [word for before, word in pairwise(words) if before == "--mount"]
    assert mounts == [
        "type=bind,source=/etc/airflow/secrets/sql_alchemy_conn,target=/run/sql_alchemy_conn,readonly",
        f"type=bind,source={tmp_path},target={tmp_path},readonly",
        "type=bind,source=/key,target=/run/fernet_key,readonly",
    ]
    assert "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN_CMD=cat /run/sql_alchemy_conn" in words


@pytest.mark.parametrize(
    ("stored", "given"),
    [
        ("postgresql+psycopg2://airflow:p%40ss@postgres:5432/airflow", "airflow:p%40ss@postgres:5432/airflow_copy_x"),
        (
            "postgresql+psycopg2://airflow:p@10.0.0.1:5432/airflow?sslmode=verify-full&sslrootcert=/x/ca.crt\n",
            "airflow:p@10.0.0.1:5432/airflow_copy_x?sslmode=verify-full&sslrootcert=/x/ca.crt",
        ),
    ],
)
def test_the_address_of_the_copy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, stored: str, given: str) -> None:
    secret = tmp_path / "sql_alchemy_conn"
    secret.write_text(stored, encoding="utf-8")
    monkeypatch.setattr(migration.atomic.os, "chown", lambda *_: None)
    monkeypatch.setattr(migration, "PLACE_OF_ADDRESSES", str(tmp_path))
    (tmp_path / "airflow-upgrade-killed").mkdir()
    (tmp_path / "airflow-upgrade-database.lock").touch()
    with address(str(secret), "airflow_copy_x", "50000:0") as file:
        assert len(list(tmp_path.glob("airflow-upgrade-*"))) == 2
        assert Path(file).read_text(encoding="utf-8") == f"postgresql+psycopg2://{given}"
        assert Path(file).stat().st_mode & 0o777 == 0o400
        assert Path(file).parent.stat().st_mode & 0o777 == 0o700
    assert not Path(file).exists()


def test_a_stack_without_certificates() -> None:
    place = in_stack("airflow", "/conn", "/missing", "/key", "50000:0")
    assert not any("/missing" in word for word in place.options)


def test_a_migration_that_fails(tmp_path: Path) -> None:
    docker = fake(tmp_path, "echo Traceback >&2; echo 'psycopg2.errors.NotNullViolation: column x' >&2; exit 1")
    with pytest.raises(
        MigrationError, match=r"by Airflow 2.11.2 failed: psycopg2.errors.NotNullViolation: column x\.$"
    ):
        migrate(docker, "rehearsal", PLACE, STEP, 10)


def test_a_migration_that_takes_too_long(tmp_path: Path) -> None:
    with pytest.raises(MigrationError, match=r"did not finish within 0.2 seconds \(airflow_migration_timeout\)"):
        migrate(fake(tmp_path, "exec sleep 60"), "rehearsal", PLACE, STEP, 0.2)


@pytest.mark.parametrize(
    ("output", "text"),
    [
        ("", "exit code 3 without output"),
        ("one\n\ntwo\n", "two"),
        # The server died: only the statement's values follow.
        (
            "server closed\n[SQL: INSERT]\n[parameters: {'token': 'hunter2'}]\n(Background on this error at x)\n",
            "server closed",
        ),
        ("psycopg2.errors.X: y [parameters: {'token': 'hunter2'}]\n", "psycopg2.errors.X: y"),
        (
            "airflow.exceptions.AirflowException: seen duplicates\nbye\n",
            "airflow.exceptions.AirflowException: seen duplicates",
        ),
    ],
)
def test_the_cause(output: str, text: str) -> None:
    assert cause(output, 3) == text


def test_rows_that_are_gone_or_set_aside() -> None:
    before = {
        "public.connection": 9,
        "public.xcom": 7,
        "public.dag_run": 5,
        "public.serialized_dag": 4,
        "public.log": 1,
    }
    after = {
        "public.connection": 9,
        "public.xcom": 4,
        "public._xcom_archive": 3,
        "public.dag_run": 3,
        "public._airflow_moved__2_3__dangling__dag_run": 2,
        "public.log": 2,
    }
    assert lost(before, after) == ["dag_run has 3 rows, and had 5; see public._airflow_moved__2_3__dangling__dag_run."]
    assert lost(before, {**after, "public.dag_run": 5}) == []
