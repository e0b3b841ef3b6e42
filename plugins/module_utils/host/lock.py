"""The lock of a stack: one run of Ansible at a time changes its hosts.

The lock is a file on one host, the keeper. It says which process of which controller holds it. It has no expiry: a lock
whose process has exited is replaced by a run on the same controller, every other one only by a person who names it.
"""

from __future__ import annotations

import getpass
import json
import os
import shutil
import socket
from collections.abc import Mapping
from typing import Any, Optional

from ansible_collections.ansible_airflow.airflow.plugins.module_utils.host import atomic
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.host.guard import Guard, LockError
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.host.processes import (
    IDENTITY,
    has_ended,
    identity,
    same_run,
)

Holder = dict[str, Any]
Answer = dict[str, Any]


# Arguments of the module airflow_lock.
ARGUMENTS = {
    "state": {"type": "str", "choices": ["held", "free", "seen"], "default": "held"},
    "playbook": {"type": "str", "required": True},
    "path": {"type": "path", "default": "/var/lib/airflow-stack/lock.json"},
    "wait": {"type": "int", "default": 0},
    "break": {"type": "str", "default": ""},
    "seen": {"type": "str"},
    "remove": {"type": "bool", "default": False},
}


def description(pid: int, playbook: str, started: str, unattended: bool = False) -> Holder:
    """Return the content of the lock file for a run that starts.

    Args:
        pid: PID of `ansible-playbook` on this machine, or of a program on the keeper.
        playbook: Playbook that acquires and releases the lock.
        started: Time, in UTC and ISO 8601.
        unattended: Whether a timer of the keeper started the run.

    Raises:
        LockError: The process has exited.
    """
    known = identity(pid)
    if not known["process_started"]:
        raise LockError(f"process {pid} of this run cannot be found on {socket.gethostname()}; nothing was changed.")
    try:
        user = os.environ.get("SUDO_USER") or getpass.getuser()
    except (KeyError, OSError):
        # A container can run as a user id without a name.
        user = f"user id {os.getuid()}"
    return {
        **known,
        "id": os.urandom(4).hex(),
        "controller": socket.gethostname(),
        "user": user,
        "playbook": playbook,
        "started": started,
        "unattended": unattended,
    }


def _write(path: str, content: Mapping[str, Any]) -> None:
    """Replace a JSON file."""
    atomic.write(path, f"{json.dumps(content, indent=2, sort_keys=True)}\n", 0o600)


def _last(path: str) -> str:
    """Return the id of the run that acquired the lock last; an empty string before the first one."""
    try:
        with open(os.path.join(os.path.dirname(path), "last"), encoding="utf-8") as file:
            return str(json.load(file)["id"])
    except (OSError, ValueError, KeyError):
        return ""


def read(path: str) -> Optional[Holder]:  # noqa: UP045  # Python 3.9 on hosts
    """Return the content of the lock file; None if no run holds the lock.

    Args:
        path: The file.

    Raises:
        LockError: The file is damaged.
    """
    try:
        with open(path, encoding="utf-8") as file:
            found = json.load(file)
    except FileNotFoundError:
        return None
    except (OSError, ValueError) as error:
        raise LockError(f"{path} cannot be read: {error}. If no run is under way, remove the file.") from error
    known = isinstance(found, dict) and {*IDENTITY, "id", "playbook"} <= set(found)
    if not known or not isinstance(found["pid"], int) or not 0 < found["pid"] < 2**31:
        raise LockError(f"{path} does not describe a run. If no run is under way, remove the file.")
    return found


def _current(path: str) -> Optional[Holder]:  # noqa: UP045
    """Return the content of the lock file; None also if its process certainly is no longer there.

    A run that the keeper's timer started was a process of this host, so another boot has ended it.
    """
    holder = read(path)
    if not holder or not holder.get("unattended"):
        return holder
    here = identity(os.getpid())
    elsewhere = any(holder[key] != here[key] for key in ("machine", "boot"))
    return None if elsewhere or has_ended(holder, here) else holder


def look(path: str) -> Answer:
    """Return who holds the lock, and which run acquired it last, without changing anything.

    Args:
        path: The lock file.

    Returns:
        ``holder``, the content of the lock file, empty without one; and ``last``, the id of the run that acquired the
        lock last, empty before the first one.

    Raises:
        LockError: The file is damaged.
    """
    return {"holder": _current(path) or {}, "last": _last(path)}


def acquire(path: str, run: Mapping[str, Any], replace: str = "", seen: Optional[str] = None) -> Answer:  # noqa: UP045
    """Acquire the lock unless another run holds it.

    Args:
        path: The lock file.
        run: Description of the run that wants it.
        replace: Id of a lock to replace although another run holds it. Locks with other ids are kept.
        seen: What `look` returned as ``last`` before this run checked the hosts; None without such checks. If another
            run has acquired the lock since then, this one does not get it.

    Returns:
        ``holder``, the run that holds the lock afterwards; and ``last`` as `look` returns it. If another run was
        faster, ``holder`` is empty.

    Raises:
        LockError: The file is damaged, or in use for too long.
        OSError: The file cannot be written.
    """
    with Guard(path):
        holder, last = _current(path), _last(path)
        if holder and holder["id"] != replace:
            return {"holder": holder, "last": last}
        # The lock of a run that ended without releasing it was there when this run looked, or it is newer.
        if seen is not None and last != seen:
            return {"holder": {}, "last": last}
        _write(os.path.join(os.path.dirname(path), "last"), {"id": run["id"]})
        _write(path, run)
        return {"holder": dict(run), "last": str(run["id"])}


def release(path: str, run: Mapping[str, Any], remove: bool = False) -> Answer:
    """Release the lock if this run holds it and this playbook acquired it.

    Args:
        path: The lock file.
        run: Identity of the run's process, and the ``playbook`` that ends.
        remove: Whether to remove the directory with all records of runs, too.

    Returns:
        ``holder``, the content of the file before, empty if no run held the lock; and ``last`` as `look` returns it.

    Raises:
        LockError: The file is damaged, or in use for too long.
        OSError: The file cannot be removed.
    """
    with Guard(path):
        answer = look(path)
        holder = answer["holder"]
        if holder and same_run(holder, run) and holder["playbook"] == run["playbook"]:
            os.unlink(path)
            if remove:
                shutil.rmtree(os.path.dirname(path), ignore_errors=True)
        return answer
