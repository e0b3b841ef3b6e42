"""Processes of a controller: what identifies one, and whether it has exited.

A lock must never be attributed to a different process. So the identity includes machine, PID namespace, boot and
process start time.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import socket
import subprocess
from collections.abc import Mapping
from typing import Any

Identity = dict[str, Any]

# Keys that together identify a process: machine and PID namespace, boot, PID and start time.
IDENTITY = ("machine", "boot", "pid", "process_started")
# States of a process that has exited, but whose parent has not read its exit code.
ENDED = "ZX"


def _text(path: str) -> str:
    """Return the content of a small file; an empty string if it cannot be read."""
    try:
        with open(path, encoding="utf-8") as file:
            return file.read().strip()
    except OSError:
        return ""


def _stat(pid: int) -> list[str]:
    """Return the fields of /proc/PID/stat from the third one on (proc_pid_stat(5)); nothing if it cannot be read."""
    # The program name is in parentheses, and may itself contain spaces and parentheses.
    return _text(f"/proc/{pid}/stat").rpartition(")")[2].split()


def process_started(pid: int) -> str:
    """Return when a process of this machine was started.

    Args:
        pid: PID of the process.

    Returns:
        A string unique to this process among reuses of its PID; empty if it has exited. It is field 22 of
        /proc/PID/stat (proc_pid_stat(5)) in ticks since the boot or, without /proc, the answer of `ps`.
    """
    if os.path.isdir("/proc/self"):
        fields = _stat(pid)
        return fields[19] if fields and fields[0] not in ENDED else ""
    # Each column has an option of its own, because a header ends at the end of its option.
    asked = ["ps", "-o", "state=", "-o", "lstart=", "-p", str(pid)]
    same_words = {**os.environ, "LC_ALL": "C", "TZ": "UTC"}
    found = subprocess.run(asked, env=same_words, capture_output=True, text=True, check=False)
    state, _, started = found.stdout.strip().partition(" ")
    return started.strip() if state[:1] not in ENDED else ""


def identity(pid: int) -> Identity:
    """Return what identifies a process of this machine.

    Containers of one machine share its boot id, and may share its machine id; their PIDs are separate. So the PID
    namespace is a part of the machine's identity (pid_namespaces(7)).

    Args:
        pid: PID of the process.
    """
    namespace = ""
    with contextlib.suppress(OSError):
        namespace = os.readlink("/proc/self/ns/pid")
    boot = _text("/proc/sys/kernel/random/boot_id")
    if not boot:
        asked = ["sysctl", "-n", "kern.bootsessionuuid"]
        with contextlib.suppress(OSError):
            boot = subprocess.run(asked, capture_output=True, text=True, check=False).stdout.strip()
    # Not the id itself, which is confidential: machine-id(5).
    machine = hashlib.sha256(f"ansible-airflow {_text('/etc/machine-id') or socket.gethostname()}".encode()).hexdigest()
    return {
        "machine": f"{machine[:16]} {namespace}".strip(),
        "boot": boot,
        "pid": pid,
        "process_started": process_started(pid),
    }


def same_run(one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    """Return whether two descriptions are of the same process."""
    return all(one.get(key) == other.get(key) for key in IDENTITY)


def has_ended(holder: Mapping[str, Any], here: Mapping[str, Any]) -> bool:
    """Return whether a lock's process has certainly exited.

    Args:
        holder: Content of the lock file.
        here: The identity of a process on this machine. PIDs of another boot or machine are unknown.
    """
    if not here.get("boot") or any(holder.get(key) != here.get(key) for key in ("machine", "boot")):
        return False
    pid = holder["pid"]
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    except PermissionError:
        pass
    # With the mount option hidepid, /proc hides the processes of other users, or their state: one may still run.
    if os.path.isdir("/proc/self") and not _stat(pid):
        return False
    return process_started(pid) != holder["process_started"]
