"""Notes of a round for later rounds, as JSON files that do not survive a reboot."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

from .commands import WatchError

DIRECTORY = Path("/run/airflow-watch")


def read(name: str) -> Any:
    """Return a note; None if it is missing or unreadable."""
    try:
        return json.loads((DIRECTORY / name).read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        return None


def write(name: str, note: Any) -> None:
    """Write a note.

    Raises:
        WatchError: The note cannot be stored.
    """
    path = DIRECTORY / name
    new = path.with_name(f".{name}")
    try:
        DIRECTORY.mkdir(mode=0o755, parents=True, exist_ok=True)
        new.write_text(json.dumps(note), encoding="utf-8")
        os.replace(new, path)
    except OSError as error:
        raise WatchError(f"{path} cannot be written: {error.strerror}") from error
    if read(name) != note:
        raise WatchError(f"{path} does not hold what was just written to it")
