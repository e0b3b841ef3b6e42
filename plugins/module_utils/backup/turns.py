"""One backup, check, drill or restore of a host at a time."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager

from ansible_collections.ansible_airflow.airflow.plugins.module_utils.backup.settings import BackupError
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.host.exclusive import alone

# The lock (flock(2)) ends with the process.
LOCK = "/run/airflow-backup.lock"


def waiting(say: Callable[[str], None]) -> AbstractContextManager[None]:
    """Return a context that waits for another airflow-backup of this host.

    Args:
        say: Called once with what is waited for.
    """
    return alone(LOCK, lambda: say("waiting for another airflow-backup of this host"))


def refusing() -> AbstractContextManager[None]:
    """Return a context that raises BackupError if airflow-backup runs on this host, because that can take long."""
    return alone(LOCK, _busy)


def _busy() -> None:
    """Raise the error."""
    raise BackupError(
        f"airflow-backup is running on this host ({LOCK}). Wait until it ends, and run the playbook again."
    )
