"""The settings of airflow-watch's checks on a host, from the inventory and the plan. They contain no secret."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ansible_collections.ansible_airflow.airflow.plugins.module_utils.plan.capacity import (
    VOLUMES,
    capacity,
    inodes,
)

# Seconds between two backups.
INTERVALS = {"hourly": 3600, "daily": 86400}
# File with where alerts go, which can be a secret, in the directory of the secrets.
TARGET = "watch_alert"


def watch_checks(inputs: Mapping[str, Any], plan: Mapping[str, Any], host: str) -> dict[str, Any]:
    """Return the settings; roles/airflow_watch/files/airflow_watch/checks.py reads them.

    Args:
        inputs: The public variables of role airflow that are set, by name.
        plan: The plan of the host.
        host: Inventory name of the host.
    """
    wanted, secrets = capacity(inputs, plan), inputs["airflow_secrets_directory"]
    return {
        "host": host,
        "services": sorted(plan["services"]["running"]),
        "after": int(inputs["airflow_watch_alert_after"]),
        "target": f"{secrets}/{TARGET}",
        "places": [
            {
                **place,
                "low": wanted["space"][place["name"]]["low"],
                "low_inodes": inodes([place["name"]], wanted["inodes_low"]),
            }
            for place in wanted["places"]
        ],
        "certificates": [f"{secrets}/*_certificate", f"{plan['ca']['directory']}/*.crt"],
        "timers": ["airflow-watch.timer"],
        "backup": _backup(inputs, plan, host) if inputs["airflow_backup_enabled"] else {},
        "reserve": _reserve(inputs, wanted),
    }


def _backup(inputs: Mapping[str, Any], plan: Mapping[str, Any], host: str) -> dict[str, Any]:
    """Return when backups of a host are due."""
    own = str(inputs["airflow_backup_repository"]).startswith("/")
    return {
        "record": f"{plan['records']}/backup.json",
        "settings_file": f"{inputs['airflow_secrets_directory']}/backup_settings",
        "interval": INTERVALS[inputs["airflow_backup_schedule"]],
        "timers": ["airflow-backup.timer", "airflow-backup-drill.timer"],
        "drills": own or host == plan["keeper"],
    }


def _reserve(inputs: Mapping[str, Any], wanted: Mapping[str, Any]) -> dict[str, Any]:
    """Return the reserve on the disk of the stack's own Postgres; empty on a host without it."""
    volume = VOLUMES["postgres"][1]
    lows = [wanted["space"][place["name"]]["low"] for place in wanted["places"] if place["volume"] == volume]
    return {"size": int(inputs["airflow_postgres_reserve"]), "low": lows[0], "volume": volume} if lows else {}
