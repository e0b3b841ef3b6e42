"""What a host backs up and when."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.backup import settings
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.plan.backup import (
    backup_calendars,
    backup_settings,
)

from tests.tables import AIRFLOW, load

DEFAULTS = {
    **load(AIRFLOW / "defaults" / "main" / "backup.yml"),
    "airflow_secrets_directory": "/etc/airflow/secrets",
    "airflow_directory": "/usr/local/projects/airflow",
    "airflow_postgres_image": "postgres:15",
    "airflow_postgres_external": {},
    "airflow_backup_external_database": True,
}
PLAN: dict[str, Any] = {
    "keeper": "one",
    "records": "/var/lib/airflow-stack",
    "projects_directory": "/usr/local/projects",
    "network": "airflow",
    "database": "airflow",
    "ca": {"directory": "/usr/local/projects/airflow/ca"},
    "deployment": {
        "airflow_version": "2.5.3",
        "image": "apache/airflow:2.5.3",
        "collection": "0.11.0",
        "directory": "/x",
    },
    "services": {"hosts": {"postgres": ["one"], "scheduler": ["one"], "worker": ["one", "two"]}},
}


def of(host: str = "one", plan: dict[str, Any] = PLAN, **inputs: Any) -> settings.Settings:
    """Return the settings of a host as its program reads them."""
    return settings.of(backup_settings({**DEFAULTS, **inputs}, plan, host))


def test_the_keeper_dumps_and_the_others_do_not() -> None:
    assert (of().is_keeper, of().container) == (True, "airflow-postgres-1")
    assert (of("two").is_keeper, of("two").container) == (False, "")
    assert of().services == {"one": ["postgres", "scheduler", "worker"], "two": ["worker"]}


def test_what_opens_the_repository_is_not_in_it() -> None:
    known = of()
    assert known.password_file == "/etc/airflow/secrets/backup_password"
    assert "/etc/airflow/secrets/backup_*" in known.exclude
    assert "/etc/airflow/secrets" in known.paths.values()


@pytest.mark.parametrize(
    ("inputs", "key", "hosts"),
    [
        ({"airflow_backup_ssh_key": "k"}, "", ""),
        ({"airflow_backup_ssh_key": "k", "airflow_backup_repository": "sftp:me@h:/x"}, "backup_ssh_key", ""),
        (
            {"airflow_backup_ssh_known_hosts": "h ssh-ed25519 A", "airflow_backup_repository": "sftp:me@h:/x"},
            "",
            "backup_ssh_known_hosts",
        ),
    ],
)
def test_ssh_files_are_used_if_they_are_set(inputs: dict[str, str], key: str, hosts: str) -> None:
    known = of(**inputs)
    assert (known.ssh_key.rpartition("/")[2], known.ssh_known_hosts.rpartition("/")[2]) == (key, hosts)


def test_an_external_postgres_is_dumped_over_the_network_by_the_keeper() -> None:
    server = {"host": "db.example.com", "user": "af", "sslmode": "verify-full", "ca_certificate": "-----BEGIN"}
    known = of(airflow_postgres_external=server)
    assert known.container == ""
    assert known.external["environment"] == {
        "PGHOST": "db.example.com",
        "PGPORT": "5432",
        "PGUSER": "af",
        "PGDATABASE": "airflow",
        "PGSSLMODE": "verify-full",
    }
    assert known.external["authorities"] == "/usr/local/projects/airflow/ca/postgres.crt"
    assert of("two", airflow_postgres_external=server).external == {}
    excluded = of(airflow_postgres_external=server, airflow_backup_external_database=False)
    assert (excluded.external, excluded.has_database, known.has_database) == ({}, False, True)
    disabled = {**server, "sslmode": "disable"}
    assert of(airflow_postgres_external=disabled).external["authorities"] == ""


def test_an_append_only_repository_is_never_pruned() -> None:
    assert of().prune
    assert not of(airflow_backup_append_only=True).prune


@pytest.mark.parametrize(
    ("schedule", "time", "calendar"),
    [("daily", "02:30", "*-*-* 02:30:00 UTC"), ("hourly", "02:15", "*-*-* *:15:00 UTC")],
)
def test_when_the_timer_fires(schedule: str, time: str, calendar: str) -> None:
    inputs = {**DEFAULTS, "airflow_backup_schedule": schedule, "airflow_backup_time": time}
    assert backup_calendars(inputs) == {"run": calendar, "drill": "Sun *-*-* 05:00:00 UTC"}
