"""Settings of a host, for tests."""

from __future__ import annotations

from typing import Any

from ansible_collections.ansible_airflow.airflow.plugins.module_utils.backup import settings

VALUES: dict[str, Any] = {
    "host": "one",
    "keeper": "one",
    "services": {"one": ["postgres", "scheduler"]},
    "repository": "/var/backups/airflow",
    "password_file": "/etc/p",
    "environment": {},
    "ssh_key": "",
    "ssh_known_hosts": "",
    "staging": "/var/lib/airflow-backup",
    "records": "/var/lib/airflow-stack",
    "paths": {},
    "exclude": [],
    "extra": [],
    "database": "airflow",
    "container": "airflow-postgres-1",
    "external": {},
    "deployment": {},
    "every": "daily",
    "at": "02:30",
    "wait": 60,
    "keep": {"daily": 7},
    "prune": True,
    "upload_limit": 0,
    "check_subset": "10%",
    "before": [],
    "after": [],
}
SETTINGS = settings.of(VALUES)
