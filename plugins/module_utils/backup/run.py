"""Makes a backup: the part of this host, and on the keeper the manifest that completes the set."""

from __future__ import annotations

import os
import shutil
import subprocess
import time
from collections.abc import Callable, Sequence
from typing import Any

from ansible_collections.ansible_airflow.airflow.plugins.module_utils.backup import manifest, sets, status
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.backup.dump import dump, dump_of_none
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.backup.opening import open_repository
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.backup.restic import Restic
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.backup.settings import BackupError, Settings
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.containers.docker_command import (
    Docker,
    DockerError,
)
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.containers.postgres import PostgresError, Server
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.containers.postgres_external import External
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.host import restore_marker

EXPECTED = (BackupError, PostgresError, DockerError, OSError)
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

    def __init__(self, settings: Settings, name: str, doing: Callable[[str], None], hosts: Sequence[str] = ()) -> None:
        """Prepare a backup.

        Args:
            settings: The host's settings.
            name: Name of the set.
            doing: Called before each step, with its name.
            hosts: Hosts that take part; all of the stack by default.
        """
        self.settings, self.name, self.doing = settings, name, doing
        self.hosts = set(hosts or settings.services)
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
            self._refuse_half_a_restore()
            open_repository(self.restic)
            self.restic.unlock()
            self._call(self.settings.before)
            found = self._part()
            status.done(self.settings.records, "backup", **self._result(found, began))
            self._forget()
        except Exception as error:
            # Whatever it is, people must hear of it.
            text = str(error) if isinstance(error, EXPECTED) else repr(error)
            status.failed(self.settings.records, "backup", f"{self.name}: {text}")
            self._call(self.settings.after, AIRFLOW_BACKUP_SET=self.name, AIRFLOW_BACKUP_ERROR=text)
            raise BackupError(text) from error
        finally:
            shutil.rmtree(self.staging, ignore_errors=True)
        self._call(self.settings.after, AIRFLOW_BACKUP_SET=self.name, AIRFLOW_BACKUP_ERROR="")
        return found

    def _refuse_half_a_restore(self) -> None:
        """Raise BackupError while the host has files of a backup and a database of its own, or the other way round."""
        if begun := restore_marker.read(self.settings.records):
            raise BackupError(f"a restore of set {begun['set']} was interrupted; finish it first.")

    def _part(self) -> dict[str, Any]:
        """Back up what this host has, and on the keeper complete the set."""
        self._clean()
        os.makedirs(self.staging, mode=0o700)
        dumped = self._dump() if self.settings.has_database else dump_of_none()
        self.doing(f"sending files to {self.settings.repository if self.settings.is_directory else 'the repository'}")
        # A host can be without projects.
        present = [path for path in self.settings.real_paths.values() if os.path.isdir(path)]
        paths = [*present, *self.settings.extra]
        tags = [f"{sets.SET}{self.name}", sets.PART]
        snapshot = self.restic.backup([*paths, self.staging], tags, self.settings.real_exclude)
        if not self.settings.is_keeper:
            return {"set": self.name, "snapshot": snapshot}
        self._wait_for_others()
        return {"set": self.name, "snapshot": snapshot, "manifest": self._complete(dumped, snapshot)}

    def _clean(self) -> None:
        """Remove the dumps of killed backups, but nothing of a restore."""
        for name in os.listdir(self.settings.staging) if os.path.isdir(self.settings.staging) else []:
            if sets.NAME.fullmatch(name):
                shutil.rmtree(os.path.join(self.settings.staging, name))

    def _complete(self, dumped: dict[str, Any], snapshot: str) -> manifest.Manifest:
        """Complete the set by its manifest, and return it."""
        # A pattern of the settings can fit a dump.
        written = sorted(os.listdir(self.staging))
        if self.restic.names(snapshot, self.staging) != written:
            raise BackupError(f"the backup lacks dumps ({', '.join(written)}); does airflow_backup_exclude fit them?")
        found = sets.parts(self.restic.snapshots(), self.name)
        made = manifest.of(self.settings, self.name, dumped, {**found, self.settings.host: snapshot})
        self.restic.backup([manifest.write(made, self.staging)], [f"{sets.SET}{self.name}", sets.MANIFEST])
        return manifest.find(self.restic, self.name)

    def _dump(self) -> dict[str, Any]:
        """Dump the databases, and return their part of the manifest."""
        docker = shutil.which("docker") or "/usr/bin/docker"
        found = self._dump_all(docker)
        if not found["databases"].get(self.settings.database, {}).get("revision"):
            raise BackupError(
                f"database {self.settings.database} is missing or has no schema of Airflow; a backup without it would "
                "replace good ones."
            )
        return found

    def _dump_all(self, docker: str) -> dict[str, Any]:
        """Dump the databases, and return their part of the manifest."""
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
        others = self.hosts - {self.settings.host}
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
        # A host without manifests does not know which sets are complete, so it keeps more of its parts.
        keeper = self.settings.is_keeper
        kept = self.restic.kept(sets.MANIFEST if keeper else sets.PART, 1 if keeper else 2)
        if outdated := sets.outdated(self.restic.snapshots(), {sets.set_of(snapshot) for snapshot in kept}):
            self.restic.forget(outdated)

    def _result(self, found: dict[str, Any], began: float) -> dict[str, Any]:
        """Return what to record of a good backup."""
        written = found.get("manifest", {})
        return {
            "set": self.name,
            "seconds": round(time.time() - began, 1),
            "every": self.settings.every,
            "missing": written.get("missing", []),
            "excluded": self.settings.database if written and not self.settings.has_database else "",
            "bytes": sum(words["bytes"] for words in written.get("databases", {}).values()),
        }

    def _call(self, command: list[str], **environment: str) -> None:
        """Run a hook.

        Raises:
            BackupError: It failed.
        """
        if command:
            self.doing(f"running {command[0]}")
            done = subprocess.run(
                command,
                env={**os.environ, **environment},
                capture_output=True,
                text=True,
                errors="replace",
                check=False,
            )
            if done.returncode:
                said = " ".join((done.stderr.strip() or done.stdout.strip()).split())[-200:]
                raise BackupError(f"{command[0]} failed with exit code {done.returncode}. {said}".rstrip())
