"""The steps of a restore on a host, which a playbook calls one after the other."""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Callable
from typing import Any

from ansible_collections.ansible_airflow.airflow.plugins.module_utils.backup import (
    counts,
    databases,
    manifest,
    restore,
    sets,
    space,
)
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.backup.restic import Restic
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.backup.restic_errors import NoRepositoryError
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.backup.settings import BackupError, Settings
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.containers import postgres
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.containers.docker_command import (
    Docker,
    DockerError,
)
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.containers.postgres import Server
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.host import restore_marker as marker
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.host import secret_files

# The stack's own Postgres.
CONTAINER, VOLUME = "airflow-postgres-1", "airflow_postgres_data"


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

    def plan(self, wanted: str, replace: bool) -> dict[str, Any]:
        """Find a set, and read what it would replace.

        Args:
            wanted: Name of the set, or ``latest``, which is the set of an interrupted restore if there is one.
            replace: Whether to give up an interrupted restore of another set.

        Raises:
            BackupError: There is no such set, or a restore of another one was interrupted.
        """
        begun = marker.read(self.settings.records)
        if begun and wanted not in ("latest", begun["set"]):
            if not replace:
                raise BackupError(
                    f"a restore of set {begun['set']} was interrupted. Finish it, with airflow_restore_snapshot="
                    f"{begun['set']}, or give it up, with airflow_restore_replace=true."
                )
            begun = {}
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
        """Return which of these databases have data; all of them if Postgres has data and does not run."""
        if not os.path.exists(self.docker):
            return []
        docker = Docker(self.docker)
        try:
            if docker.state(CONTAINER) == "running":
                server = Server(self.docker, CONTAINER)
                there = [name for name in server.ask(postgres.DATABASES) if name in names]
                return [name for name in there if counts.objects(server, name)]
            volume = docker.volume(VOLUME)
        except DockerError:
            # The engine does not run: its data are unknown.
            return names
        return names if volume and postgres.version(volume["Mountpoint"]) else []

    def part(self, found: manifest.Manifest, host: str) -> str:
        """Return the id of a host's part of a set; an empty string if it has none, or if it is lost.

        Args:
            found: Manifest of the set.
            host: Host of the set.
        """
        known = str(found["hosts"].get(host, {}).get("snapshot", ""))
        if known or host not in found["elsewhere"]:
            return known
        # In a repository of this host's own.
        try:
            return sets.parts(self.restic.snapshots(sets.PART), found["set"]).get(host, "")
        except NoRepositoryError:
            return ""

    def files(self, found: manifest.Manifest, host: str, stamp: str) -> list[str]:
        """Restore the files of this host, and return where replaced ones are.

        Args:
            found: Manifest of the set.
            host: Host of the set.
            stamp: Text for the names of what is replaced.

        Raises:
            BackupError: The part cannot be read.
            OSError: A file cannot be moved.
        """
        snapshot, keeper = self.part(found, host), self.settings.is_keeper
        marker.write(self.settings.records, found["set"], stamp)
        if not snapshot:
            if keeper:
                raise BackupError(f"set {found['set']} has no files of {host}.")
            self.doing(f"set {found['set']} has no files of {host}")
            return []
        self.doing(f"reading the files of {host}")
        restore.fetch(self.restic, snapshot, self.fetched)
        if keeper:
            restore.compare(found, f"{self.fetched}{found['staging']}")
        self.doing("moving the files to their places")
        replaced = restore.files(
            found, self.settings.paths, self.fetched, stamp, keeper=keeper, extra=self.settings.extra
        )
        if keeper:
            replaced += self._keep_password(stamp)
        else:
            shutil.rmtree(self.fetched)
        return sorted(set(replaced))

    def _keep_password(self, stamp: str) -> list[str]:
        """Give this host the password that has opened the repository."""
        place = os.path.join(self.settings.paths["secrets"], "backup_password")
        with open(self.settings.password_file, encoding="utf-8") as file:
            password = file.read()
        present = secret_files.read(*os.path.split(place))
        if present == password:
            return []
        new = f"{place}.restored"
        secret_files.write(new, password, 0)
        return [kept] if (kept := restore.place(new, place, stamp)) else []

    def databases(self, found: manifest.Manifest, stamp: str) -> list[str]:
        """Restore the databases, and return the names of the databases with the replaced data.

        Args:
            found: Manifest of the set.
            stamp: Text for the names of what is replaced.

        Raises:
            BackupError: The dumps are missing, there is not enough space, or a restored database differs.
            PostgresError: Postgres fails.
        """
        directory = f"{self.fetched}{found['staging']}"
        restore.compare(found, directory)
        root = Docker(self.docker).run("info", "--format", "{{.DockerRootDir}}")
        space.demand(root, 2 * sum(entry["bytes"] for entry in found["databases"].values()), "the databases")
        return databases.load(Server(self.docker, CONTAINER), found, directory, stamp, self.doing)

    def finish(self) -> list[str]:
        """Remove the dumps and the record of the restore."""
        shutil.rmtree(self.fetched, ignore_errors=True)
        marker.remove(self.settings.records)
        return []
