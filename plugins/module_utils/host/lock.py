"""The lock of a stack: one run of Ansible at a time changes its hosts.

The lock is a file on one host, the keeper. It says which process of which controller holds it. It has no expiry: a lock
whose process has exited is replaced by a run on the same controller, every other one only by a person who names it.
"""

from __future__ import annotations

import contextlib
import fcntl
import getpass
import json
import os
import re
import socket
import tempfile
from collections.abc import Iterator, Mapping
from typing import Any, Optional

from ansible_collections.ansible_airflow.airflow.plugins.module_utils.host.processes import (
    IDENTITY,
    identity,
    same_run,
)

Holder = dict[str, Any]

# Arguments of the module airflow_lock.
ARGUMENTS = {
    "state": {"type": "str", "choices": ["held", "free"], "default": "held"},
    "playbook": {"type": "str", "required": True},
    "path": {"type": "path", "default": "/var/lib/airflow-stack/lock.json"},
    "wait": {"type": "int", "default": 0},
    "break": {"type": "str", "default": ""},
}


class LockError(Exception):
    """The lock file cannot be used; the text says what to do."""


def description(pid: int, playbook: str, started: str) -> Holder:
    """Return the content of the lock file for a run that starts.

    Args:
        pid: PID of `ansible-playbook` on this machine.
        playbook: Playbook that acquires and releases the lock.
        started: Time, in UTC and ISO 8601.

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
    }


@contextlib.contextmanager
def _guarded(path: str) -> Iterator[None]:
    """Let one process at a time read and write the lock file, and create its directory."""
    directory = os.path.dirname(path)
    os.makedirs(directory, mode=0o755, exist_ok=True)
    descriptor = os.open(directory, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


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
    if not known or not isinstance(found["pid"], int) or found["pid"] < 1:
        raise LockError(f"{path} does not describe a run. If no run is under way, remove the file.")
    return found


def acquire(path: str, run: Mapping[str, Any], replace: str = "") -> Holder:
    """Acquire the lock unless another run holds it.

    Args:
        path: The lock file.
        run: Description of the run that wants it.
        replace: Id of a lock to replace although another run holds it. Locks with other ids are kept.

    Returns:
        The content of the file afterwards, which is the description of the run that holds the lock.

    Raises:
        LockError: The file is damaged.
        OSError: The file cannot be written.
    """
    with _guarded(path):
        holder = read(path)
        if holder and holder["id"] != replace:
            return holder
        descriptor, name = tempfile.mkstemp(dir=os.path.dirname(path), prefix=".lock-")
        try:
            with os.fdopen(descriptor, "w", encoding="utf-8") as file:
                json.dump(run, file, indent=2, sort_keys=True)
                file.write("\n")
                file.flush()
                os.fsync(file.fileno())
            # Anyone may read who deploys: there is no secret in it.
            os.chmod(name, 0o644)
            os.replace(name, path)
        except BaseException:
            with contextlib.suppress(OSError):
                os.unlink(name)
            raise
        return dict(run)


def release(path: str, run: Mapping[str, Any]) -> Optional[Holder]:  # noqa: UP045
    """Release the lock if this run holds it and this playbook acquired it.

    Args:
        path: The lock file.
        run: Identity of the run's process, and the ``playbook`` that finishes.

    Returns:
        The previous content of the file; None if no run held the lock.

    Raises:
        LockError: The file is damaged.
        OSError: The file cannot be removed.
    """
    with _guarded(path):
        holder = read(path)
        if holder and same_run(holder, run) and holder["playbook"] == run["playbook"]:
            os.unlink(path)
        return holder


def words(holder: Mapping[str, Any]) -> str:
    """Return who holds the lock, for a sentence."""
    who = f"{holder.get('user', 'unknown')} on {holder.get('controller', 'unknown')}"
    return f"{holder['playbook']}.yml, run by {who} (process {holder['pid']}) since {holder.get('started', 'unknown')}"


def refusal(holder: Mapping[str, Any], path: str) -> str:
    """Return why a run does not start, and what to do.

    Args:
        holder: Content of the lock file.
        path: The lock file.
    """
    known = holder["id"] if re.fullmatch(r"[0-9a-f]{8}", str(holder["id"])) else "ID"
    return (
        f"another run holds the lock {path}: {words(holder)}. Nothing was changed. Wait until it exits, or set "
        f"airflow_lock_wait to the seconds that this run may wait. If that process no longer exists, break its lock: "
        f"run the same command with -e airflow_lock_break={known}"
    )
