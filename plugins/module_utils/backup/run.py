"""Makes a backup: the part of this host, and on the keeper the manifest that completes the set."""

from __future__ import annotations

import os
import shutil
import subprocess
import time
from collections.abc import Callable
from typing import Any

from ansible_collections.ansible_airflow.airflow.plugins.module_utils.backup import manifest, sets, status
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.backup.dump import dump
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.backup.restic import Restic
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.backup.restic_errors import NoRepositoryError
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.backup.settings import BackupError, Settings
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.containers.docker_command import (
    Docker,
    DockerError,
)
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.containers.postgres import PostgresError, Server
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.containers.postgres_external import External

# Seconds between two looks for the parts of other hosts.
PAUSE = 10.0


class Backup:
    """A backup of this host.

    Attributes:
        settings: The host's settings.
        name: Name of the set.
        doing: Called before each step, with its name.
        restic: The repository.
    """

    def __init__(self, settings: Settings, name: str, doing: Callable[[str], None]) -> None:
        self.settings, self.name, self.doing = settings, name, doing
        self.restic = Restic(settings)
        self.staging = os.path.join(settings.staging, name)

    def run(self) -> dict[str, Any]:
        """Back up this host, and record the result.

        Returns:
            ``set``; ``snapshot``, the id of this host's part; and on the keeper ``manifest``.

        Raises:
            BackupError: It failed. Earlier sets are unchanged, and this one is incomplete.
        """
        began = time.time()
        try:
            open_repository(self.restic)
            self._call(self.settings.before)
            found = self._part()
            status.done(self.settings.records, "backup", **self._result(found, began))
            self._forget()
        except (BackupError, PostgresError, DockerError, OSError) as error:
            status.failed(self.settings.records, "backup", f"{self.name}: {error}")
            self._call(self.settings.after, AIRFLOW_BACKUP_SET=self.name, AIRFLOW_BACKUP_ERROR=str(error))
            raise BackupError(str(error)) from error
        finally:
            shutil.rmtree(self.staging, ignore_errors=True)
        self._call(self.settings.after, AIRFLOW_BACKUP_SET=self.name, AIRFLOW_BACKUP_ERROR="")
        return found

    def _part(self) -> dict[str, Any]:
        """Back up what this host has, and on the keeper complete the set."""
        # What a killed backup has left.
        shutil.rmtree(self.settings.staging, ignore_errors=True)
        os.makedirs(self.staging, mode=0o700)
        dumped: dict[str, Any] = {}
        if self.settings.is_keeper:
            dumped = self._dump()
        self.doing(f"sending files to {self.settings.repository if self.settings.is_directory else 'the repository'}")
        paths = [*self.settings.paths.values(), *self.settings.extra, self.staging]
        snapshot = self.restic.backup(paths, [f"{sets.SET}{self.name}", sets.PART])
        if not self.settings.is_keeper:
            return {"set": self.name, "snapshot": snapshot}
        self._wait_for_others()
        found = sets.parts(self.restic.snapshots(), self.name)
        written = manifest.of(self.settings, self.name, dumped, {**found, self.settings.host: snapshot})
        self.restic.backup([manifest.write(written, self.staging)], [f"{sets.SET}{self.name}", sets.MANIFEST])
        return {"set": self.name, "snapshot": snapshot, "manifest": written}

    def _dump(self) -> dict[str, Any]:
        """Dump the databases, and return their part of the manifest."""
        docker = shutil.which("docker") or "/usr/bin/docker"
        if external := self.settings.external:
            server = External(docker, external, self.staging)
            try:
                return dump(server, self.staging, self.doing, only=external["environment"]["PGDATABASE"])
            finally:
                os.unlink(os.path.join(self.staging, "pgpass"))
        if Docker(docker).state(self.settings.container) != "running":
            raise BackupError(f"the container {self.settings.container} does not run, so nothing can be dumped.")
        return dump(Server(docker, self.settings.container), self.staging, self.doing)

    def _wait_for_others(self) -> None:
        """Wait until the other hosts have sent their parts, which they do at the same time, but not for ever."""
        others = set(self.settings.services) - {self.settings.host}
        until = time.monotonic() + self.settings.wait
        while others and not self.settings.is_directory and time.monotonic() < until:
            if not (missing := others - set(sets.parts(self.restic.snapshots(), self.name))):
                return
            self.doing(f"waiting for the parts of {', '.join(sorted(missing))}")
            time.sleep(PAUSE)

    def _forget(self) -> None:
        """Remove sets that the retention does not keep. Only the keeper removes from a shared repository."""
        if not self.settings.prune or not (self.settings.is_keeper or self.settings.is_directory):
            return
        self.doing("removing old sets")
        # A host without manifests applies the same retention to its parts, which are of the same times.
        kept = self.restic.kept(sets.MANIFEST if self.settings.is_keeper else sets.PART)
        if outdated := sets.outdated(self.restic.snapshots(), {sets.set_of(snapshot) for snapshot in kept}):
            self.restic.forget(outdated)

    def _result(self, found: dict[str, Any], began: float) -> dict[str, Any]:
        """Return what to record of a good backup."""
        written = found.get("manifest", {})
        return {
            "set": self.name,
            "seconds": round(time.time() - began, 1),
            "missing": written.get("missing", []),
            "bytes": sum(words["bytes"] for words in written.get("databases", {}).values()),
        }

    def _call(self, command: list[str], **environment: str) -> None:
        """Run a hook.

        Raises:
            BackupError: It failed.
        """
        if command:
            self.doing(f"running {command[0]}")
            done = subprocess.run(command, env={**os.environ, **environment}, check=False)
            if done.returncode:
                raise BackupError(f"{command[0]} failed with exit code {done.returncode}.")


def open_repository(restic: Restic) -> bool:
    """Open the repository, and create it only if this host has never had one there; return whether it was created.

    Raises:
        BackupError: It cannot be opened, or it was there before and is missing.
        OSError: The record cannot be written.
    """
    records, place = restic.settings.records, restic.settings.repository
    known = status.read(records).get("repositories", {})
    try:
        created, identity = False, restic.identity()
    except NoRepositoryError as error:
        if place in known:
            raise BackupError(
                f"{error} Earlier backups were there. If they are lost, remove {os.path.join(records, status.FILE)} to "
                "start with a new repository."
            ) from error
        created, identity = restic.create(), restic.identity()
    if known.get(place) != identity:
        status.repository(records, place, identity)
    return created
