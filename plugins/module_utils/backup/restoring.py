"""The steps of a restore on a host, which a playbook calls one after the other."""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Callable
from typing import Any

from ansible_collections.ansible_airflow.airflow.plugins.module_utils.backup import (
    databases,
    dump,
    manifest,
    restore,
    sets,
)
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.backup.restic import Restic
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.backup.settings import BackupError, Settings
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.containers import postgres
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.containers.docker_command import Docker
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.containers.postgres import Server
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.host import restore_marker as marker

# Container of the stack's own Postgres.
CONTAINER = "airflow-postgres-1"


class Restoring:
    """A restore on this host.

    Attributes:
        settings: The host's settings.
        docker: The docker command.
        doing: Called before each step, with its name.
    """

    def __init__(self, settings: Settings, docker: str, doing: Callable[[str], None]) -> None:
        self.settings, self.docker, self.doing = settings, docker, doing
        self.restic = Restic(settings)
        self.fetched = os.path.join(settings.staging, "restore")

    def plan(self, wanted: str) -> dict[str, Any]:
        """Find a set, and read what it would replace.

        Args:
            wanted: Name of the set, or ``latest``.

        Raises:
            BackupError: There is no such set, or another restore was interrupted.
        """
        begun = marker.read(self.settings.records)
        if begun and wanted not in ("latest", begun["set"]):
            raise BackupError(
                f"a restore of set {begun['set']} was interrupted. Finish it first, with "
                f"airflow_restore_snapshot={begun['set']}."
            )
        found = manifest.find(self.restic, begun.get("set", wanted))
        return {
            "set": found["set"],
            "stamp": begun.get("stamp") or time.strftime("%Y%m%dT%H%M%SZ", time.gmtime()),
            "manifest": found,
            "hosts": manifest.match(self.settings.services, found, self.settings.keeper),
            "present": self._present(list(found["databases"])),
            "interrupted": bool(begun),
        }

    def _present(self, names: list[str]) -> list[str]:
        """Return which of these databases have data."""
        if not os.path.exists(self.docker) or Docker(self.docker).state(CONTAINER) != "running":
            return []
        server = Server(self.docker, CONTAINER)
        there = [name for name in server.ask(postgres.DATABASES) if name in names]
        return [name for name in there if not databases.is_empty(dump.rows(server, name))]

    def files(self, found: manifest.Manifest, host: str, stamp: str) -> list[str]:
        """Restore the files of this host, and return where replaced ones are.

        Args:
            found: Manifest of the set.
            host: Host of the set.
            stamp: Text for the names of what is replaced.

        Raises:
            BackupError: The set has no part of the host, or it cannot be read.
            OSError: A file cannot be moved.
        """
        snapshot = found["hosts"].get(host, {}).get("snapshot") or self._own_part(found["set"], host)
        self.doing(f"reading the files of {host}")
        restore.fetch(self.restic, snapshot, self.fetched)
        if self.settings.is_keeper:
            restore.compare(found, f"{self.fetched}{found['staging']}")
        marker.write(self.settings.records, found["set"], stamp)
        self.doing("moving the files to their places")
        replaced = restore.files(found, self.settings.paths, self.fetched, stamp, self.settings.is_keeper)
        if not self.settings.is_keeper:
            shutil.rmtree(self.fetched)
        return replaced

    def _own_part(self, name: str, host: str) -> str:
        """Return this host's part in a repository of its own."""
        snapshot = sets.parts(self.restic.snapshots(sets.PART), name).get(host)
        if not snapshot:
            raise BackupError(f"set {name} has no files of {host}.")
        return snapshot

    def databases(self, found: manifest.Manifest, stamp: str) -> list[str]:
        """Restore the databases, and return the names of those that keep replaced data.

        Args:
            found: Manifest of the set.
            stamp: Text for the names of what is replaced.

        Raises:
            BackupError: The dumps are missing, or a restored database differs.
            PostgresError: Postgres fails.
        """
        directory = f"{self.fetched}{found['staging']}"
        restore.compare(found, directory)
        return databases.load(Server(self.docker, CONTAINER), found, directory, stamp, self.doing)

    def finish(self) -> list[str]:
        """Remove the dumps and the record of the restore."""
        shutil.rmtree(self.fetched, ignore_errors=True)
        marker.remove(self.settings.records)
        return []
