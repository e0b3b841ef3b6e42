"""Opens the repository of a host. A repository that existed before and is missing is an error."""

from __future__ import annotations

import os

from ansible_collections.ansible_airflow.airflow.plugins.module_utils.backup import status
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.backup.restic import Restic
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.backup.restic_errors import NoRepositoryError
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.backup.settings import BackupError


def open_repository(restic: Restic) -> bool:
    """Open the repository, and create it only if this host has never had one there; return whether it was created.

    A shared repository is created by the keeper alone: several at the same time would destroy it.

    Raises:
        BackupError: It cannot be opened, or it was there before and is missing.
        OSError: The record cannot be written.
    """
    settings = restic.settings
    known = status.read(settings.records).get("repositories", {})
    try:
        created, identity = False, restic.identity()
    except NoRepositoryError as error:
        if settings.repository in known:
            raise BackupError(
                f"{error} Earlier backups were there. If they are lost, remove "
                f"{os.path.join(settings.records, status.FILE)} to start with a new repository."
            ) from error
        if not (settings.is_keeper or settings.is_directory):
            raise
        created, identity = restic.create(), restic.identity()
    if known.get(settings.repository) != identity:
        status.repository(settings.records, settings.repository, identity)
    return created
