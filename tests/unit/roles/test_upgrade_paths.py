"""What an upgrade keeps from before, compared with the lists of the roles that write it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

ROLES = Path(__file__).parents[3] / "roles"
# Records and state, which an upgrade neither changes nor puts back, and what is below a kept directory.
STATE = ("/run/", "/var/", "{{ airflow_secrets_directory }}/", "{{ __airflow_backup_settings_file }}")
NAMES = {
    "{{ __airflow_watch_directory }}": "/usr/local/lib/airflow-watch",
    "{{ __airflow_watch_firewall_file }}": "/etc/airflow-firewall.nft",
    "{{ __airflow_backup_directory }}": "/usr/local/lib/airflow-backup",
    "{{ __airflow_backup_program }}": "/usr/local/sbin/airflow-backup",
    "{{ __airflow_backup_units }}": "/etc/systemd/system",
}


def values(role: str) -> dict[str, Any]:
    """Variables of a role."""
    found: dict[str, Any] = {}
    for path in sorted((ROLES / role / "vars" / "main").glob("*.yml")):
        found |= yaml.safe_load(path.read_text("utf-8")) or {}
    return found


def named(path: str) -> str:
    """A path without the variables for which this test knows the value."""
    for name, value in NAMES.items():
        path = path.replace(name, value)
    return path


def test_an_upgrade_keeps_what_a_deployment_writes() -> None:
    backup = values("airflow_backup")
    written = [
        *values("airflow_stack")["__airflow_stack_files"],
        *values("airflow_watch")["__airflow_watch_files"],
        *(entry["path"] for entry in backup["__airflow_backup_files"]),
        *backup["__airflow_backup_more"],
    ]
    kept = values("airflow_upgrade")["__airflow_upgrade_paths"]
    assert sorted(kept) == sorted(
        {*(named(path) for path in written if not path.startswith(STATE)), "{{ airflow_secrets_directory }}"}
    )
