"""Who holds the locks of apt and dpkg on a host."""

from __future__ import annotations

import fcntl
import os
import struct
from collections.abc import Iterable, Mapping
from typing import Any, Optional

FILES = (
    "/var/lib/dpkg/lock-frontend",
    "/var/lib/dpkg/lock",
    "/var/lib/apt/lists/lock",
    "/var/cache/apt/archives/lock",
)
# Arguments of the module; its action plugin refuses others.
ARGUMENTS = {
    "timeout": {"type": "int", "default": 900},
    "files": {"type": "list", "elements": "path", "default": list(FILES)},
}
# struct flock of fcntl(2), with 64-bit offsets: type, whence, start, length, PID.
FLOCK = "hhqqi"
# Programs whose first argument says more than their own name.
INTERPRETERS = ("python", "perl", "sh", "bash", "dash")


def holders(files: Iterable[str]) -> list[dict[str, Any]]:
    """Return the processes that hold locks, each with its first lock.

    Args:
        files: Paths of the lock files, which can be missing.

    Returns:
        ``pid``, 0 or -1 if the kernel does not say it; ``command``, empty if unknown; and ``file``.

    Raises:
        OSError: A file cannot be opened.
    """
    found: dict[int, dict[str, Any]] = {}
    for path in files:
        pid = _holder(path)
        if pid is not None:
            found.setdefault(pid, {"pid": pid, "command": _command(pid), "file": path})
    return list(found.values())


def _holder(path: str) -> Optional[int]:  # noqa: UP045  # Python 3.9 on hosts
    """Return the PID of the process that holds a lock, without taking the lock; None if it is free."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except FileNotFoundError:
        return None
    try:
        asked = struct.pack(FLOCK, fcntl.F_WRLCK, os.SEEK_SET, 0, 0, 0)
        kind, _, _, _, pid = struct.unpack(FLOCK, fcntl.fcntl(descriptor, fcntl.F_GETLK, asked))
    finally:
        os.close(descriptor)
    return None if kind == fcntl.F_UNLCK else int(pid)


def _command(pid: int) -> str:
    """Return the name of a process's program, for a script that of the script."""
    try:
        with open(f"/proc/{pid}/cmdline", encoding="utf-8", errors="replace") as file:
            words = [os.path.basename(word) for word in file.read().split("\0")]
    except OSError:
        return ""
    is_script = words[0].startswith(INTERPRETERS) and len(words) > 1 and words[1] and not words[1].startswith("-")
    return words[1] if is_script else words[0]


def words(holder: Mapping[str, Any]) -> str:
    """Return a process and its lock as a phrase.

    Args:
        holder: An item of what `holders` returns.
    """
    who = holder["command"] or "another process"
    pid = f" (PID {holder['pid']})" if holder["pid"] > 0 else ""
    return f"{who}{pid}, which holds {holder['file']}"
