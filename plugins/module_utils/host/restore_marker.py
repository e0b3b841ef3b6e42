"""The record of a restore in progress. While it exists, only the same restore may go on."""

from __future__ import annotations

import contextlib
import json
import os
from typing import Any

from ansible_collections.ansible_airflow.airflow.plugins.module_utils.host import atomic

FILE = "restore.json"


def read(records: str) -> dict[str, Any]:
    """Return the restore in progress: its ``set`` and ``stamp``; empty without one.

    Args:
        records: Directory with the records of runs.
    """
    try:
        with open(os.path.join(records, FILE), encoding="utf-8") as file:
            found = json.load(file)
        return {"set": str(found["set"]), "stamp": str(found["stamp"])}
    except (OSError, ValueError, KeyError, TypeError):
        return {}


def write(records: str, name: str, stamp: str) -> None:
    """Record that a restore has started.

    Raises:
        OSError: The file cannot be written.
    """
    os.makedirs(records, mode=0o700, exist_ok=True)
    atomic.write(os.path.join(records, FILE), f"{json.dumps({'set': name, 'stamp': stamp})}\n", 0o600)


def remove(records: str) -> None:
    """Record that the restore has ended."""
    with contextlib.suppress(FileNotFoundError):
        os.unlink(os.path.join(records, FILE))
