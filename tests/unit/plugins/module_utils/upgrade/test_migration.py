"""The container of a migration, and what it says when it fails."""

from __future__ import annotations

from pathlib import Path

import pytest
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.containers.docker_command import Docker
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.upgrade.comparison import lost
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.upgrade.migration import (
    MigrationError,
    Place,
    argv,
    cause,
    migrate,
)

PLACE = Place("airflow", "airflow", "server", "/etc/airflow/secrets/fernet_key", "50000:0")
STEP = {"release": "2.11.2", "image": "apache/airflow:2.11.2", "command": "airflow db migrate", "environment": {}}


def fake(tmp_path: Path, text: str) -> Docker:
    """A docker command that runs a script for `docker run` and knows no container."""
    program = tmp_path / "docker"
    program.write_text(f'#!/bin/sh\n[ "$1" = run ] || exit 0\n{text}\n', encoding="utf-8")
    program.chmod(0o755)
    return Docker(str(program))


def test_its_container_reaches_only_the_database() -> None:
    words = argv(Docker("docker"), "rehearsal", PLACE, {**STEP, "environment": {"A": "b c"}})
    assert words[:9] == ["docker", "run", "--rm", "--name", "rehearsal", "--network", "none", "--user", "50000:0"]
    assert "A=b c" in words
    assert words[-4:] == ["apache/airflow:2.11.2", "bash", "-c", "airflow db migrate"]
    assert "type=bind,source=/etc/airflow/secrets/fernet_key,target=/run/fernet_key,readonly" in words
    assert not {"--volume", "-v", "--publish"} & set(words)


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
