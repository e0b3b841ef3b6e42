"""Memory of a host, and free space of the file systems that a stack writes to."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Mapping
from typing import Any

DAEMON_JSON, MEMINFO = "/etc/docker/daemon.json", "/proc/meminfo"
DATA_ROOT = "/var/lib/docker"
MIB = 1 << 20


def data_root(path: str = DAEMON_JSON) -> str:
    """Return Docker's data directory.

    Args:
        path: Docker's configuration file, which may be missing.
    """
    try:
        with open(path, encoding="utf-8-sig") as file:
            return str(json.load(file).get("data-root") or DATA_ROOT)
    except (OSError, ValueError, AttributeError):
        return DATA_ROOT


def memory(path: str = MEMINFO) -> int:
    """Return the host's memory in MiB; 0 if it is unknown.

    Args:
        path: File in the format of /proc/meminfo.
    """
    with open(path, encoding="ascii") as file:
        return next((int(line.split()[1]) // 1024 for line in file if line.startswith("MemTotal:")), 0)


def located(places: Iterable[Mapping[str, str]], root: str) -> dict[str, str]:
    """Return the path of each place, by name.

    Args:
        places: For each place its ``name``, and ``path`` or ``volume``; with neither, it is Docker's data directory.
        root: Docker's data directory.
    """
    return {
        place["name"]: place.get("path")
        or (os.path.join(root, "volumes", place["volume"], "_data") if place.get("volume") else root)
        for place in places
    }


def file_systems(paths: Mapping[str, str]) -> list[dict[str, Any]]:
    """Return the file systems of some places.

    Args:
        paths: Path of each place, by name. A path that does not exist yet stands for its parent.

    Returns:
        For each file system the names of its ``places``, its ``mount``, and what is ``free`` for users other than root,
        in MiB, and as ``inodes``, which are -1 on a file system without a fixed number.
    """
    found: dict[int, dict[str, Any]] = {}
    for name, wanted in paths.items():
        path = wanted
        while not os.path.exists(path):
            path = os.path.dirname(path)
        disk = os.statvfs(path)
        entry = found.setdefault(
            os.stat(path).st_dev,
            {
                "places": [],
                "mount": _mount(path),
                "free": disk.f_bavail * disk.f_frsize // MIB,
                "inodes": disk.f_favail if disk.f_files else -1,
            },
        )
        entry["places"].append(name)
    return list(found.values())


def _mount(path: str) -> str:
    """Return where the file system of a path is mounted."""
    path = os.path.realpath(path)
    while not os.path.ismount(path):
        path = os.path.dirname(path)
    return path
