"""Free space and inodes of the file systems that the stack writes to."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any, NamedTuple

from .faults import Fault

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

MIB = 1 << 20
# Seconds for which space must be low before it is reported: a task may only pass by with a large file.
LOW_SECONDS = 300
# A reported disk counts as low until it has this many times the space, so that it does not recover and fail in turn.
MARGIN = 1.1


class Disk(NamedTuple):
    """A file system, and the places on it.

    ``path`` is where it is mounted. ``free`` is what users other than root can write, in MiB. ``inodes`` is -1 on a
    file system without a fixed number.
    """

    places: tuple[str, ...]
    path: str
    free: int
    inodes: int
    low: int
    low_inodes: int


def measure(places: Iterable[Mapping[str, Any]]) -> list[Disk]:
    """Return the file systems of some places.

    Args:
        places: For each place its ``name``, its ``path``, and below which values space and inodes are low there:
            ``low`` in MiB, and ``low_inodes``. A path that does not exist yet stands for its parent.
    """
    found: dict[int, Disk] = {}
    for place in places:
        path = str(place["path"])
        while not os.path.exists(path):
            path = os.path.dirname(path)
        disk, device = os.statvfs(path), os.stat(path).st_dev
        other = found.get(device) or Disk((), _mount(path), 0, 0, 0, 0)
        found[device] = Disk(
            places=(*other.places, str(place["name"])),
            path=other.path,
            free=disk.f_bavail * disk.f_frsize // MIB,
            inodes=disk.f_favail if disk.f_files else -1,
            low=max(other.low, int(place["low"])),
            low_inodes=max(other.low_inodes, int(place["low_inodes"])),
        )
    return list(found.values())


def _mount(path: str) -> str:
    """Return where the file system of a path is mounted."""
    path = os.path.realpath(path)
    while not os.path.ismount(path):
        path = os.path.dirname(path)
    return path


def faults(disks: Iterable[Disk], reported: Iterable[str]) -> list[Fault]:
    """Return which file systems are low.

    Args:
        disks: The file systems.
        reported: Faults that are reported already.
    """
    known, found = set(reported), []
    for disk in disks:
        where = f"the file system of {disk.path} ({', '.join(disk.places)})"
        what, inodes = f"disk:{disk.path}", f"inodes:{disk.path}"
        if disk.free < disk.low * (MARGIN if what in known else 1):
            text = (
                f"{where} has {disk.free} MiB free, less than {disk.low}: docs/troubleshooting.md says what to remove"
            )
            found.append(Fault(what, text, LOW_SECONDS if disk.free > disk.low // 2 else 0))
        if 0 <= disk.inodes < disk.low_inodes * (MARGIN if inodes in known else 1):
            text = f"{where} has {disk.inodes} inodes free, less than {disk.low_inodes}: it has too many small files"
            found.append(Fault(inodes, text, LOW_SECONDS))
    return found
