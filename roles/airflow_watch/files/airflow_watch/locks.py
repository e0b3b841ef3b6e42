"""Locks, so that only one round, and only one check for alerts, is under way."""

from __future__ import annotations

import fcntl
import os
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from .commands import WatchError

if TYPE_CHECKING:
    from collections.abc import Iterator

# Only root enters it: everybody who can open a file or directory can lock it, and so stop airflow-watch.
DIRECTORY = Path("/var/lib/airflow-watch/locks")
# Directories, so that a lock works even if no file can be written. Checks for alerts do not wait for rounds.
ROUNDS, ALERTS = DIRECTORY / "rounds", DIRECTORY / "alerts"
# Seconds to wait for the end of what is under way.
SECONDS = 300.0


@contextmanager
def alone(what: str, directory: Path) -> Iterator[None]:
    """Hold a lock.

    Args:
        what: Name of what the lock is for.
        directory: The directory that is locked.

    Raises:
        WatchError: Another program held it for too long.
    """
    try:
        lock = os.open(directory, os.O_RDONLY)
    except FileNotFoundError:
        lock = _created(directory)
    try:
        until = time.monotonic() + SECONDS
        while True:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except OSError as error:
                if time.monotonic() >= until:
                    raise WatchError(
                        f"another {what} of airflow-watch is under way and did not end within {SECONDS:.0f} s"
                    ) from error
                time.sleep(0.2)
        yield
    finally:
        os.close(lock)


def _created(directory: Path) -> int:
    """Create a directory for a lock, which somebody has removed, and open it."""
    try:
        directory.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        directory.mkdir(mode=0o700, exist_ok=True)
        return os.open(directory, os.O_RDONLY)
    except OSError as error:
        raise WatchError(f"{directory} cannot be created; run site.yml: {error.strerror}") from error
