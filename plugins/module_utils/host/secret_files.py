"""Files that hold one secret each, for one user of the host."""

from __future__ import annotations

import os
import stat

from ansible_collections.ansible_airflow.airflow.plugins.module_utils.host import atomic


def read(directory: str, name: str) -> str | None:
    """Return the content of one secret's file, or None if there is none."""
    try:
        with open(os.path.join(directory, name), encoding="utf-8") as file:
            return file.read()
    except FileNotFoundError:
        return None


def owned(path: str, owner: int) -> bool:
    """Return whether a file belongs to a user id and is readable by this user only."""
    try:
        found = os.stat(path)
    except FileNotFoundError:
        return False
    return found.st_uid == owner and stat.S_IMODE(found.st_mode) == 0o400


def write(path: str, value: str, owner: int) -> None:
    """Write one secret's file atomically, readable only by its owner from the first moment."""
    atomic.write(path, value, 0o400, owner)
