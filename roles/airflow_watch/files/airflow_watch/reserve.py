"""A reserve file on Postgres' disk, which is removed when the disk is full, so that Postgres can write again.

Postgres stops when it cannot write its log, and then cannot start either. The reserve gives people time to free space.
It comes back when there is plenty of space again, and not earlier than `AGAIN` seconds after it was removed.
"""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from . import kept
from .commands import WatchError
from .faults import Fault

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from .host import Host

MIB = 1 << 20
# Postgres writes its log in files of 16 MiB. With less than two of them, it is about to stop.
FULL = 32
# Seconds from the removal of the reserve to the earliest time at which it is created again.
AGAIN = 600
RECORD = "reserve.json"
NAME = "airflow-watch.reserve"
# Part of the file that is written at a time. It is random, because some file systems compress.
CHUNK = MIB


def decide(size: int, there: int, free: int, low: int, since: float) -> str:
    """Return what to do with the reserve: ``remove``, ``create``, ``free``, or nothing.

    Args:
        size: Wanted size in MiB; 0 for no reserve.
        there: Size of the existing file in MiB; -1 without one.
        free: Free space in MiB.
        low: Free space in MiB below which the disk is low.
        since: Seconds since the reserve was removed because the disk was full.
    """
    if size == 0:
        return "remove" if there >= 0 else ""
    if free < FULL:
        return "free" if there >= 0 else ""
    if there == size:
        return ""
    # The reserve itself must not make the disk low: otherwise it would be created and removed in turn.
    return "create" if free + max(there, 0) - size >= max(low, 4 * FULL) and since >= AGAIN else ""


class Reserve:
    """The reserve file of this host."""

    def __init__(self, host: Host, say: Callable[[str], None]) -> None:
        """Store the host and the function that prints a line."""
        self.host, self.say = host, say

    def keep_reserve(self) -> None:
        """Remove the reserve if the disk is full, or create it if there is space.

        Raises:
            WatchError: The file cannot be removed or created.
        """
        # A host without the stack's own Postgres has no reserve.
        if not (settings := self.host.checks.get("reserve")):
            return
        size, low, data = int(settings["size"]), int(settings["low"]), self.host.volume_directory(settings["volume"])
        # Before the first start of Postgres, which needs an empty directory.
        if data is None or not (data / "PG_VERSION").exists():
            return
        path = place(data)
        do = decide(size, _size(path), _free(data), low, time.time() - freed())
        try:
            if do == "free":
                path.unlink()
                self.say(f"{data} is full: removed {path}, so that Postgres can write; free space there")
                kept.write(RECORD, time.time())
            elif do:
                path.unlink(missing_ok=True)
                if do == "create":
                    _fill(path, size, data)
                    self.say(f"created {path}, {size} MiB in reserve for a full disk")
                if freed():
                    kept.write(RECORD, 0)
        except OSError as error:
            raise WatchError(f"{path}, the reserve for a full disk: {error.strerror}") from error


def freed() -> float:
    """Return when the reserve was removed because the disk was full, in seconds since the epoch; 0 if it is there."""
    found = kept.read(RECORD)
    return float(found) if isinstance(found, (int, float)) and found <= time.time() else 0.0


def fault(settings: Mapping[str, Any]) -> list[Fault]:
    """Return the fault for as long as the reserve is used up."""
    if not freed() or not settings["size"]:
        return []
    return [
        Fault(
            "reserve",
            f"Postgres' disk was full, and its reserve of {settings['size']} MiB is used up; if the disk fills again, "
            "Postgres stops: free space there",
        )
    ]


def place(data: Path) -> Path:
    """Return the path of the reserve: beside Postgres' data, or among them if they have a file system of their own."""
    beside = data.parent
    return (beside if beside.stat().st_dev == data.stat().st_dev else data) / NAME


def _size(path: Path) -> int:
    """Return the size of the file in MiB; -1 without a file. If its creation was interrupted, it is smaller."""
    try:
        return path.stat().st_size // MIB
    except FileNotFoundError:
        return -1


def _free(data: Path) -> int:
    """Return the MiB that a user other than root can write."""
    found = os.statvfs(data)
    return found.f_bavail * found.f_frsize // MIB


def _fill(path: Path, size: int, data: Path) -> None:
    """Create the file, owned by the owner of the data: Postgres opens all files in its directory after a crash."""
    owner = data.stat()
    try:
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb", buffering=0) as file:
            os.fchown(file.fileno(), owner.st_uid, owner.st_gid)
            # Written, not only allocated: that takes space on every file system.
            chunk = os.urandom(CHUNK)
            for _ in range(size):
                file.write(chunk)
            os.fsync(file.fileno())
    except OSError:
        path.unlink(missing_ok=True)
        raise
