"""The record of each upgrade on a host, with the files from before it."""

from __future__ import annotations

import json
import os
import shutil
import time
from collections.abc import Mapping
from typing import Any

from ansible_collections.ansible_airflow.airflow.plugins.module_utils.host import atomic

# In the directory of the records of runs.
DIRECTORY, FILE, FILES = "upgrades", "upgrade.json", "files"
# Fields of a record: the upgrade's name; releases before and after; revision of the database before; files that were
# kept, and those of them in which new files stay; services that were healthy before; and the time of its end, in
# seconds since 1970, 0 before.
TEXTS, LISTS = ("stamp", "before", "after", "revision"), ("paths", "growing", "services")


def place(records: str, stamp: str) -> str:
    """Return the directory of an upgrade.

    Args:
        records: Directory with the records of runs.
        stamp: Name of the upgrade.
    """
    return os.path.join(records, DIRECTORY, stamp)


def read(records: str) -> list[dict[str, Any]]:
    """Return the upgrades of which the host keeps something, the oldest first.

    Args:
        records: Directory with the records of runs.
    """
    try:
        names = sorted(os.listdir(os.path.join(records, DIRECTORY)))
    except OSError:
        return []
    return [found for name in names if (found := _read(place(records, name)))]


def _read(directory: str) -> dict[str, Any]:
    """Return one record; empty if it was never complete."""
    try:
        with open(os.path.join(directory, FILE), encoding="utf-8") as file:
            found = json.load(file)
        return {
            **{name: str(found[name]) for name in TEXTS},
            **{name: [str(entry) for entry in found[name]] for name in LISTS},
            "finished": float(found["finished"]),
        }
    except (OSError, ValueError, KeyError, TypeError):
        return {}


def state(records: str) -> dict[str, Any]:
    """Return ``interrupted``, the upgrade that has begun on this host and has not ended, and ``upgraded``, the others.

    Args:
        records: Directory with the records of runs.
    """
    found = read(records)
    unfinished = [record for record in found if not record["finished"]]
    return {
        "interrupted": unfinished[-1] if unfinished else {},
        "upgraded": [record for record in found if record["finished"]],
    }


def write(records: str, record: Mapping[str, Any]) -> None:
    """Write the record of an upgrade.

    Raises:
        OSError: It cannot be written.
    """
    directory = place(records, record["stamp"])
    os.makedirs(directory, mode=0o700, exist_ok=True)
    atomic.write(os.path.join(directory, FILE), f"{json.dumps(dict(record), indent=2)}\n", 0o600)


def finish(records: str, record: Mapping[str, Any]) -> None:
    """Record that an upgrade has ended.

    Raises:
        OSError: It cannot be written.
    """
    write(records, {**record, "finished": round(time.time(), 1)})


def reopen(records: str, record: Mapping[str, Any]) -> None:
    """Record that an upgrade is being undone, so that an interruption of that is not overlooked.

    Raises:
        OSError: It cannot be written.
    """
    write(records, {**record, "finished": 0})


def forget(records: str, stamp: str) -> None:
    """Remove the record of an upgrade, and the files from before it.

    Raises:
        OSError: They cannot be removed.
    """
    directory = place(records, stamp)
    if os.path.isdir(directory):
        shutil.rmtree(directory)
