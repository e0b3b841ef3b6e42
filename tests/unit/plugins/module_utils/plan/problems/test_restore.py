"""Ids of the problems of a restore; test_backup.py tests when there are any."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.plan.problems.restore import restore_problems
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.plan.revisions import head, schemas

FOUND = {
    "manifest": {"globals": True, "postgres": "15", "databases": {"airflow": {"revision": head("2.5.3")}}},
    "present": [],
    "interrupted": False,
}
PLAN: dict[str, Any] = {
    "services": {"external": {}},
    "postgres_major": "15",
    "keeper": "one",
    "schemas": schemas(["2.5.3", "3.1.8"]),
}
RUN: dict[str, Any] = {"airflow_version": "2.5.3", "replace": False, "not_in_run": []}


@pytest.mark.parametrize(
    ("found", "plan", "run", "finding", "start"),
    [
        (
            {},
            {"services": {"external": {"postgres": {}}}},
            {},
            "restore-server-external",
            "airflow_postgres_external is",
        ),
        ({"manifest": {**FOUND["manifest"], "globals": ""}}, {}, {}, "backup-roles-missing", "it is of a stack with"),
        ({}, {}, {"not_in_run": ["two", "three"]}, "restore-hosts-missing", "this run leaves out two, three, and"),
        (
            {},
            {"postgres_major": "14"},
            {},
            "backup-postgres-newer",
            "airflow_postgres_image: the dumps are of Postgres 15",
        ),
        (
            {},
            {},
            {"airflow_version": "3.1.8"},
            "schema-of-backup-differs",
            "airflow_version: the database has the schema",
        ),
        ({"present": ["airflow"]}, {}, {}, "restore-unconfirmed", "databases airflow on one have data, which"),
    ],
)
def test_a_backup_that_cannot_be_restored(
    found: dict[str, Any], plan: dict[str, Any], run: dict[str, Any], finding: str, start: str
) -> None:
    (problem,) = restore_problems({**FOUND, **found}, {**PLAN, **plan}, {**RUN, **run})
    assert problem.id == finding
    assert problem.startswith(start)
