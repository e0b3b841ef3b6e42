"""The record of the last backup, check and drill of a host, for people and for playbooks."""

from __future__ import annotations

import contextlib
import json
import os
import time
from typing import Any

from ansible_collections.ansible_airflow.airflow.plugins.module_utils.host import atomic

Status = dict[str, Any]

FILE = "backup.json"
# Seconds between two backups.
INTERVALS = {"hourly": 3600, "daily": 86400}


def read(records: str) -> Status:
    """Return the record; empty before the first backup, or if the file is damaged.

    Args:
        records: Directory with the records of runs.
    """
    try:
        with open(os.path.join(records, FILE), encoding="utf-8") as file:
            found = json.load(file)
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def repository(records: str, place: str, identity: str) -> None:
    """Record the id of the repository at a place.

    Raises:
        OSError: The file cannot be written.
    """
    found = read(records)
    _write(records, {**found, "repositories": {**found.get("repositories", {}), place: identity}})


def done(records: str, kind: str, **result: Any) -> Status:
    """Record a success, and return it.

    Args:
        records: Directory with the records of runs. It is created.
        kind: ``backup``, ``check`` or ``drill``.
        result: What to record, beside the time.

    Raises:
        OSError: The file cannot be written.
    """
    found, entry = read(records), {**result, "finished": int(time.time())}
    failures = {name: text for name, text in found.get("failures", {}).items() if name != kind}
    _write(records, {**found, kind: entry, "failures": failures})
    return entry


def failed(records: str, kind: str, text: str) -> None:
    """Record why the last attempt failed. A full disk must not hide the cause, so this raises no error.

    Args:
        records: Directory with the records of runs. It is created.
        kind: ``backup``, ``check`` or ``drill``.
        text: The cause.
    """
    found = read(records)
    with contextlib.suppress(OSError):
        _write(records, {**found, "failures": {**found.get("failures", {}), kind: text}})


def _write(records: str, content: Status) -> None:
    """Replace the record."""
    os.makedirs(records, mode=0o700, exist_ok=True)
    atomic.write(os.path.join(records, FILE), f"{json.dumps(content, indent=2, sort_keys=True)}\n", 0o600)


def lines(found: Status, now: float) -> list[str]:
    """Return the record as lines for people.

    Args:
        found: The record.
        now: Seconds since the epoch.
    """
    said = []
    if backup := found.get("backup"):
        size = f", {backup['bytes'] / 2**20:.1f} MiB of dumps" if backup.get("bytes") else ""
        said.append(f"last backup: {backup['set']}, {ago(now - backup['finished'])} ago, {backup['seconds']} s{size}")
        if now - backup["finished"] > 2 * INTERVALS.get(backup.get("every"), INTERVALS["daily"]):
            said.append("OVERDUE: two scheduled backups have not succeeded since; see journalctl -u airflow-backup")
        if backup.get("excluded"):
            said.append(f"it lacks database {backup['excluded']}, because airflow_backup_external_database is false")
        if backup.get("missing"):
            said.append(f"it lacks the files of {', '.join(backup['missing'])}")
    else:
        said.append("last backup: none yet")
    if check := found.get("check"):
        said.append(f"last check of the repository: {ago(now - check['finished'])} ago, {check['seconds']} s")
    if drill := found.get("drill"):
        said.append(f"last restore drill: {drill['set']}, {ago(now - drill['finished'])} ago, {drill['seconds']} s")
    return said + [f"FAILED since then: {kind}: {text}" for kind, text in sorted(found.get("failures", {}).items())]


def ago(seconds: float) -> str:
    """Return a time span in its largest unit."""
    for unit, length in (("d", 86400), ("h", 3600), ("min", 60)):
        if seconds >= 2 * length:
            return f"{seconds / length:.0f} {unit}"
    return f"{max(seconds, 0):.0f} s"
