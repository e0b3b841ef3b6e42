"""Private temporary directories for the input and output of Airflow's commands."""

from __future__ import annotations

import contextlib
import os
import shutil
import tempfile
from collections.abc import Iterator

# Directories that must not outlive the process, whichever thread ends it.
LEFTOVERS: list[str] = []


@contextlib.contextmanager
def private_path() -> Iterator[str]:
    """Yield a path in a new private directory, in memory (/dev/shm) if possible.

    The directory is removed afterwards.
    """
    place = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None  # noqa: S108 - mkdtemp creates a private directory
    directory = tempfile.mkdtemp(prefix="airflow-inside-", dir=place)
    LEFTOVERS.append(directory)
    try:
        yield os.path.join(directory, "data.json")
    finally:
        clean_up()


def clean_up() -> None:
    """Remove the directories that private_path created."""
    while LEFTOVERS:
        shutil.rmtree(LEFTOVERS.pop(), ignore_errors=True)
