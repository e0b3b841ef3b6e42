"""Settings of backups that are refused, and backups that do not fit a run."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.plan.problems.backup import backup_problems
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.plan.problems.restore import restore_problems
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.plan.revisions import head, schemas

from tests.tables import AIRFLOW, load

DEFAULTS = {
    **load(AIRFLOW / "defaults" / "main" / "backup.yml"),
    "airflow_secrets_directory": "/etc/airflow/secrets",
    "airflow_directory": "/usr/local/projects/airflow",
}
FOUND: dict[str, Any] = {
    "set": "20261129T184500Z",
    "present": [],
    "interrupted": False,
    "manifest": {
        "globals": {"file": "globals.sql"},
        "postgres": "15",
        "databases": {"news": {"revision": ""}, "airflow": {"revision": head("2.5.3")}},
    },
}
PLAN: dict[str, Any] = {
    "keeper": "one",
    "postgres_major": "15",
    "services": {"external": {}},
    "schemas": schemas(["2.5.3", "2.11.2", "3.1.8"]),
}
RUN: dict[str, Any] = {"airflow_version": "2.5.3", "replace": False, "not_in_run": []}


def problems(**inputs: Any) -> list[str]:
    """Return the problems of the defaults with other values."""
    return backup_problems({**DEFAULTS, **inputs}, "/usr/local/projects")


@pytest.mark.parametrize(
    "repository",
    [
        "/var/backups/airflow",
        "sftp:backup@host:/srv/airflow",
        "sftp://backup@host:2222//srv/airflow",
        "rest:https://backup.example.com:8000/airflow",
        "s3:https://s3.example.com/bucket",
        # Beside the projects, not in them.
        "/usr/local/projects-backup",
    ],
)
def test_repositories_that_work(repository: str) -> None:
    assert problems(airflow_backup_repository=repository) == []


@pytest.mark.parametrize(
    ("inputs", "words"),
    [
        ({"airflow_backup_repository": "backups"}, "'backups' is not a repository"),
        ({"airflow_backup_repository": ""}, "'' is not a repository"),
        ({"airflow_backup_repository": "~/backups"}, "begins with /"),
        ({"airflow_backup_repository": "https://backup.example.com/airflow"}, "rest:https://HOST/PATH"),
        ({"airflow_backup_repository": "rest:https://me:secret@h:8000/a"}, "write the user and the password as"),
        ({"airflow_backup_repository": "/usr/local/projects"}, "would contain itself"),
        ({"airflow_backup_repository": "/usr/local/projects/airflow/backup"}, "is in /usr/local/projects, which"),
        ({"airflow_backup_repository": "/etc/airflow/secrets/r"}, "is in /etc/airflow/secrets, which"),
        # YAML reads 02:30 without quotes as 150 minutes.
        (
            {"airflow_backup_time": 150},
            "airflow_backup_time: '150' is not a time of the day in UTC; write it in quotes",
        ),
        ({"airflow_backup_time": "2:30"}, "is not a time of the day"),
        ({"airflow_backup_time": "24:00"}, "is not a time of the day"),
        ({"airflow_backup_check_subset": "lots"}, "is not a part of a repository"),
        ({"airflow_backup_check_subset": "200%"}, "is not a part of a repository"),
        ({"airflow_backup_extra_paths": ["/etc/cron.d", "data"]}, "airflow_backup_extra_paths: data must begin with /"),
        ({"airflow_backup_before": ["dump.sh", "now"]}, "airflow_backup_before: dump.sh must begin with /"),
        ({"airflow_backup_keep": {"yearly": 1}}, "yearly is not known"),
        ({"airflow_backup_keep": {"daily": "7"}}, "write whole numbers"),
        ({"airflow_backup_keep": {"daily": True}}, "write whole numbers"),
        ({"airflow_backup_keep": {"daily": 0}}, "would remove every backup"),
        ({"airflow_backup_keep": {}}, "would remove every backup"),
        ({"airflow_backup_environment": "A=b"}, "airflow_backup_environment: must be a dict"),
        (
            {"airflow_backup_environment": {"AWS KEY": "s3cret"}},
            "airflow_backup_environment: 'AWS KEY' is not a valid name",
        ),
        (
            {"airflow_backup_environment": {"AWS_KEY": ["s3cret"]}},
            "airflow_backup_environment.AWS_KEY: the value is a list",
        ),
    ],
)
def test_settings_that_are_refused(inputs: dict[str, Any], words: str) -> None:
    found = problems(**inputs)
    assert len(found) == 1
    assert words in found[0]
    assert "s3cret" not in found[0]


def test_words_after_a_command_need_not_be_paths() -> None:
    assert problems(airflow_backup_after=["/usr/local/bin/notify", "--backup"]) == []


def test_a_backup_that_fits() -> None:
    assert restore_problems(FOUND, PLAN, RUN) == []
    assert restore_problems(FOUND, {**PLAN, "postgres_major": "17"}, RUN) == []
    # The image says no version.
    assert restore_problems(FOUND, {**PLAN, "postgres_major": ""}, RUN) == []


@pytest.mark.parametrize(
    ("found", "plan", "run", "words"),
    [
        ({"present": ["airflow"]}, {}, {}, "confirm by -e airflow_restore_replace=true"),
        ({}, {"postgres_major": "14"}, {}, "the dumps are of Postgres 15, and Postgres 14 cannot load them"),
        ({}, {}, {"airflow_version": "3.1.8"}, "3.1.8"),
        ({}, {}, {"not_in_run": ["two"]}, "this run leaves out two"),
        ({}, {"services": {"external": {"postgres": {}}}}, {}, "airflow_postgres_external is set"),
        ({"manifest": {**FOUND["manifest"], "globals": {}}}, {}, {}, "of a stack with an external Postgres"),
    ],
)
def test_a_backup_that_does_not_fit(
    found: dict[str, Any], plan: dict[str, Any], run: dict[str, Any], words: str
) -> None:
    problems = restore_problems({**FOUND, **found}, {**PLAN, **plan}, {**RUN, **run})
    assert len(problems) == 1
    assert words in problems[0]


@pytest.mark.parametrize("words", [{"interrupted": True}, {"present": []}])
def test_nothing_is_to_be_confirmed_twice(words: dict[str, Any]) -> None:
    assert restore_problems({**FOUND, "present": ["airflow"], **words}, PLAN, RUN) == []
    assert restore_problems({**FOUND, "present": ["airflow"]}, PLAN, {**RUN, "replace": True}) == []
