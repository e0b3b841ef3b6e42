"""The stack's lock, for programs on the keeper that no run of Ansible starts."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timezone

from ansible_collections.ansible_airflow.airflow.plugins.module_utils.backup.settings import BackupError
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.host import lock
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.host.lock_messages import words

FILE = "lock.json"
# Seconds between two looks at another run's lock.
PAUSE = 5.0


@contextmanager
def held(records: str, playbook: str, wait: float, doing: Callable[[str], None]) -> Iterator[None]:
    """Hold the stack's lock during the block.

    Args:
        records: Directory with the lock file.
        playbook: What the lock is for, for other runs.
        wait: Seconds to wait for another run.
        doing: Called with what is waited for.

    Raises:
        BackupError: Another run holds the lock for too long, or the lock file cannot be used.
    """
    path, until, last = os.path.join(records, FILE), time.monotonic() + wait, ""
    started = f"{datetime.now(timezone.utc):%Y-%m-%dT%H:%M:%SZ}"  # noqa: UP017  # Python 3.9 on hosts
    try:
        run = lock.description(os.getpid(), playbook, started, unattended=True)
        while (holder := lock.acquire(path, run)["holder"])["id"] != run["id"]:
            if time.monotonic() >= until:
                raise BackupError(f"gave up after {wait:.0f} s: another run holds the lock {path}: {words(holder)}.")
            if last != (last := words(holder)):
                doing(f"waiting up to {wait:.0f} s for {last}")
            time.sleep(PAUSE)
        try:
            yield
        finally:
            lock.release(path, run)
    except (lock.LockError, OSError) as error:
        raise BackupError(str(error)) from error
