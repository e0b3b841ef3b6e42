"""Free space and inodes of the file systems that the stack writes to."""

from __future__ import annotations

import json
import os
import select
import signal
from typing import TYPE_CHECKING, Any, NamedTuple

from .faults import Fault

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

MIB = 1 << 20
# Seconds for which space must be low before it is reported: a task may only pass by with a large file.
LOW_SECONDS = 300
# Seconds in which a file system must answer.
ANSWER_SECONDS = 10
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


def measure(places: Iterable[Mapping[str, Any]], seconds: float = ANSWER_SECONDS) -> tuple[list[Disk], list[str]]:
    """Measure the file systems of some places; return them, and the paths that do not answer.

    Args:
        places: For each place its ``name``, its ``path``, and below which values space and inodes are low there:
            ``low`` in MiB, and ``low_inodes``. A path that does not exist yet stands for its parent.
        seconds: Time for each answer.
    """
    found: dict[int, Disk] = {}
    silent = []
    for place in places:
        answer = _ask(str(place["path"]), seconds)
        if answer is None:
            silent.append(str(place["path"]))
            continue
        device, mount, free, inodes = answer
        other = found.get(device) or Disk((), mount, 0, 0, 0, 0)
        found[device] = Disk(
            places=(*other.places, str(place["name"])),
            path=other.path,
            free=free,
            inodes=inodes,
            low=max(other.low, int(place["low"])),
            low_inodes=max(other.low_inodes, int(place["low_inodes"])),
        )
    return list(found.values()), silent


def _ask(path: str, seconds: float) -> tuple[int, str, int, int] | None:
    """Return what a file system answers to a process of its own; None if it does not answer in time.

    A network file system whose server is away would block this process for ever.
    """
    reader, writer = os.pipe()
    child = os.fork()
    if not child:
        try:
            os.write(writer, json.dumps(_look(path)).encode())
        finally:
            os._exit(0)
    os.close(writer)
    try:
        ready, _, _ = select.select([reader], [], [], seconds)
        answer = os.read(reader, 1 << 16) if ready else b""
    finally:
        os.close(reader)
        # Where even that has no effect, the kernel ends the process once the file system answers.
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0 if answer else os.WNOHANG)
    return tuple(json.loads(answer)) if answer else None


def _look(path: str) -> tuple[int, str, int, int]:
    """Return the device of a path's file system, where it is mounted, its free MiB, and its free inodes."""
    while not os.path.exists(path):
        path = os.path.dirname(path)
    disk = os.statvfs(path)
    free, inodes = disk.f_bavail * disk.f_frsize // MIB, disk.f_favail if disk.f_files else -1
    return os.stat(path).st_dev, _mount(path), free, inodes


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
