"""Settings of the backups of one host: a JSON file that role airflow_backup writes, for root only."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any


class BackupError(Exception):
    """A backup, a restore or a check failed; the message says what failed, why, and what to do."""


@dataclass(frozen=True)
class Settings:
    """What a host backs up, and where to.

    Attributes:
        host: Inventory name of the host.
        keeper: Inventory name of the host with the database and the lock, which completes a set.
        services: Services by host, for all hosts of the stack.
        repository: Repository in restic's notation: a directory, ``sftp:``, ``rest:`` or ``s3:``.
        password_file: File with the repository's password.
        environment: Environment variables for restic, such as the keys of an S3 store.
        ssh_key: File with the private key for ``sftp:``; empty to use root's own.
        ssh_known_hosts: File with the host keys for ``sftp:``; empty to use root's own.
        staging: Directory for the dumps of a backup, for root only.
        records: Directory with the records of runs, and of the backups.
        paths: Directories of the host by their meaning: ``secrets``, ``stack``, ``projects``.
        exclude: Patterns of restic for files that are left out.
        extra: Further paths to back up.
        database: Name of Airflow's database.
        container: Container of the stack's own Postgres, on the keeper; empty elsewhere.
        external: How the keeper reaches an external Postgres: ``image``, ``network``, ``environment``,
            ``password_file`` and ``authorities``; empty without one, and if backups exclude it.
        deployment: ``airflow_version``, ``image`` and ``collection`` for the manifest.
        every: ``daily`` or ``hourly``.
        at: Time of the day, or minute of the hour, in UTC.
        wait: Seconds to wait for the stack's lock, and for the parts of the other hosts.
        keep: Number of sets to keep, by ``hourly``, ``daily``, ``weekly`` and ``monthly``.
        prune: Whether this stack may remove old sets; false for append-only repositories.
        upload_limit: Bandwidth limit in KiB per second; 0 for none.
        check_subset: Part of the repository that the weekly check reads, such as ``10%``.
        before: Command that runs before a backup on this host, as a list.
        after: Command that runs after it, whether it succeeded or not.
    """

    host: str
    keeper: str
    services: dict[str, list[str]]
    repository: str
    password_file: str
    environment: dict[str, str]
    ssh_key: str
    ssh_known_hosts: str
    staging: str
    records: str
    paths: dict[str, str]
    exclude: list[str]
    extra: list[str]
    database: str
    container: str
    external: dict[str, Any]
    deployment: dict[str, str]
    every: str
    at: str
    wait: int
    keep: dict[str, int]
    prune: bool
    upload_limit: int
    check_subset: str
    before: list[str]
    after: list[str]

    @property
    def is_directory(self) -> bool:
        """Whether the repository is a directory of this host, so that each host has a repository of its own."""
        return self.repository.startswith("/")

    @property
    def real_paths(self) -> dict[str, str]:
        """The directories without symbolic links: restic stores a link without what it leads to."""
        return {name: os.path.realpath(path) for name, path in self.paths.items()}

    @property
    def real_exclude(self) -> list[str]:
        """The patterns of files to leave out, with and without symbolic links."""
        return list(
            dict.fromkeys([*self.exclude, *(os.path.realpath(path) for path in self.exclude if path[:1] == "/")])
        )

    @property
    def has_database(self) -> bool:
        """Whether the backups of this host contain databases: not if people have excluded an external server."""
        return bool(self.container or self.external)

    @property
    def is_keeper(self) -> bool:
        """Whether this host completes sets."""
        return self.host == self.keeper


def of(found: Mapping[str, Any]) -> Settings:
    """Return settings from a dictionary.

    Args:
        found: A value for each attribute of `Settings`.

    Raises:
        BackupError: One is missing, or is not known.
    """
    names = {field.name for field in fields(Settings)}
    if wrong := sorted(names ^ set(found)):
        raise BackupError(f"the settings lack or do not know {', '.join(wrong)}; run site.yml again.")
    return Settings(**found)


def read(path: str) -> Settings:
    """Read the settings of this host.

    Args:
        path: The file.

    Raises:
        BackupError: It cannot be read.
    """
    try:
        with open(path, encoding="utf-8") as file:
            return of(json.load(file))
    except (OSError, ValueError) as error:
        raise BackupError(f"{path} cannot be read: {error}. Run site.yml again.") from error
