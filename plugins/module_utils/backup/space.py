"""Free space on the disks of a host, so that a backup never fills the disk of a running stack."""

from __future__ import annotations

from ansible_collections.ansible_airflow.airflow.plugins.module_utils.backup.settings import BackupError
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.containers import postgres

# Bytes that stay free: Postgres stops when its disk is full, and goes on writing during a backup.
RESERVE = 512 << 20


def demand(directory: str, needed: int, what: str) -> None:
    """Refuse work for which a file system has not enough space.

    Args:
        directory: A directory of the file system.
        needed: Bytes that the work takes.
        what: The work, for the message.

    Raises:
        BackupError: Less than the reserve would stay free.
    """
    free = postgres.space(directory)
    if free < needed + RESERVE:
        raise BackupError(
            f"{directory} has {free >> 20} MiB free; {what} can take {needed >> 20} MiB, and {RESERVE >> 20} MiB must "
            "stay free. Free space, or mount a larger disk there."
        )
