"""Records that survive a reboot, and go on working while the disk is full.

Each record has two copies: one on the disk, and one in /run, which is in memory. The newer one counts. On a full disk
only the copy in memory is written; the next write after that brings both up to date.
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

from . import notes
from .commands import WatchError

DIRECTORY = Path("/var/lib/airflow-watch")


def read(name: str) -> Any:
    """Return a record; None if there is none."""
    return _newest(name)[1]


def write(name: str, record: Any) -> None:
    """Replace a record.

    Raises:
        WatchError: Neither copy was written.
    """
    text = json.dumps([_newest(name)[0] + 1, record])
    if [wrong for path in _paths(name) if (wrong := _replace(path, text))] == [*_paths(name)]:
        raise WatchError(f"{' and '.join(map(str, _paths(name)))} cannot be written; free space there")


def _paths(name: str) -> list[Path]:
    return [DIRECTORY / name, notes.DIRECTORY / name]


def _newest(name: str) -> tuple[int, Any]:
    """Return the newest copy with its number; number 0 without a copy."""
    return max((_read(path) for path in _paths(name)), key=lambda copy: copy[0])


def _read(path: Path) -> tuple[int, Any]:
    try:
        number, record = json.loads(path.read_text(encoding="utf-8"))
        return int(number), record
    except (OSError, ValueError, TypeError, OverflowError, RecursionError):
        return 0, None


def _replace(path: Path, text: str) -> Path | None:
    """Replace a file as a whole; return its path if that fails."""
    new = path.with_name(f".{path.name}")
    try:
        path.parent.mkdir(mode=0o755, parents=True, exist_ok=True)
        with os.fdopen(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        os.replace(new, path)
    except OSError:
        return path
    return None
