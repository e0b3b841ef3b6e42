"""The program restic: its repository, and the snapshots in it.

Its password and the keys of a store travel in files and in its environment, never in arguments.
"""

from __future__ import annotations

import json
import os
import re
import shlex
import subprocess
from collections.abc import Sequence
from typing import Any
from urllib.parse import urlsplit

from ansible_collections.ansible_airflow.airflow.plugins.module_utils.backup.restic_errors import (
    NoRepositoryError,
    error_of,
)
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.backup.settings import BackupError, Settings

Snapshot = dict[str, Any]

# Release of restic that can wait for a lock of its own.
WAITS_FOR_LOCKS = (0, 16)
TAG = "airflow"


class Restic:
    """The repository of a host.

    Attributes:
        settings: The host's settings.
        program: Path of restic.
    """

    def __init__(self, settings: Settings, program: str = "restic") -> None:
        self.settings, self.program = settings, program

    def run(self, *words: str) -> str:
        """Run restic, and return its standard output.

        Raises:
            BackupError: It fails.
        """
        if not os.path.exists(self.settings.password_file):
            raise BackupError(
                f"{self.settings.password_file} does not exist; set airflow_backup_password to the repository's "
                "password."
            )
        argv = [self.program, *self._options(), *words]
        try:
            done = subprocess.run(argv, env=self._environment(), capture_output=True, text=True, check=False)
        except OSError as error:
            raise BackupError(
                f"restic cannot be run: {error.strerror}. Run site.yml again, which installs it."
            ) from error
        if done.returncode:
            raise error_of(self.settings, words[0], done.returncode, done.stderr or done.stdout)
        return done.stdout

    def create(self) -> bool:
        """Create the repository unless it exists; return whether it was created."""
        try:
            self.identity()
        except NoRepositoryError:
            self.run("init", "--quiet")
            return True
        return False

    def identity(self) -> str:
        """Return the id of the repository.

        Raises:
            NoRepositoryError: It does not exist.
            BackupError: It cannot be opened.
        """
        return str(json.loads(self.run("cat", "config", "--no-lock"))["id"])

    def snapshots(self, *tags: str) -> list[Snapshot]:
        """Return the snapshots that have all of these tags, oldest first."""
        found = json.loads(self.run("snapshots", "--json", "--no-lock", "--tag", ",".join((TAG, *tags))) or "null")
        return sorted(found or [], key=lambda snapshot: str(snapshot["time"]))

    def backup(self, paths: Sequence[str], tags: Sequence[str]) -> str:
        """Back up paths, and return the id of the snapshot.

        Raises:
            BackupError: A path is missing or cannot be read, or restic fails.
        """
        # restic exits with 0 if one of several paths is missing.
        if missing := [path for path in paths if not os.path.lexists(path)]:
            raise BackupError(f"these paths do not exist: {', '.join(missing)}.")
        limit = ["--limit-upload", str(self.settings.upload_limit)] if self.settings.upload_limit else []
        exclude = [f"--exclude={pattern}" for pattern in self.settings.exclude]
        tag = ",".join((TAG, *tags))
        words = ["--json", "--host", self.settings.host, "--tag", tag, *limit, *exclude, "--", *paths]
        lines = [json.loads(line) for line in self.run("backup", *words).splitlines() if line.startswith("{")]
        summary: Snapshot = next((line for line in lines if line.get("message_type") == "summary"), {})
        if "snapshot_id" not in summary:
            raise BackupError("restic backup reported no snapshot.")
        return str(summary["snapshot_id"])

    def kept(self, tag: str) -> list[Snapshot]:
        """Return the snapshots with a tag that the retention keeps."""
        words = [f"--keep-{unit}={count}" for unit, count in self.settings.keep.items() if count]
        tags = ("--tag", f"{TAG},{tag}", "--group-by", "")
        said = self.run("forget", "--dry-run", "--json", "--no-lock", *tags, *words)
        groups = json.loads(said.splitlines()[0]) if said.strip() else []
        return [snapshot for group in groups or [] for snapshot in group["keep"]]

    def forget(self, snapshots: Sequence[str]) -> None:
        """Remove snapshots, and the data that only they use."""
        self.run("forget", "--prune", *snapshots)

    def check(self) -> None:
        """Check the structure of the repository, and read a part of its data.

        Raises:
            BackupError: The repository is damaged.
        """
        self.run("check", f"--read-data-subset={self.settings.check_subset}")

    def restore(self, snapshot: str, target: str, include: Sequence[str] = ()) -> None:
        """Restore a snapshot below a directory."""
        words = [f"--include={path}" for path in include]
        self.run("restore", snapshot, "--target", target, *words)

    def text(self, snapshot: str, path: str) -> str:
        """Return the content of a file in a snapshot."""
        return self.run("dump", "--no-lock", snapshot, path)

    def _options(self) -> list[str]:
        """Return options that every command has."""
        options = ["--cache-dir", "/var/cache/airflow-backup"]
        if self.release() >= WAITS_FOR_LOCKS:
            options += ["--retry-lock", "5m"]
        if command := ssh_command(self.settings):
            options += ["-o", f"sftp.command={command}"]
        return options

    def release(self) -> tuple[int, ...]:
        """Return the release of restic."""
        try:
            said = subprocess.run([self.program, "version"], capture_output=True, text=True, check=False).stdout
        except OSError:
            return (0,)
        found = re.search(r"restic (\d+)\.(\d+)", said)
        return (int(found[1]), int(found[2])) if found else (0,)

    def _environment(self) -> dict[str, str]:
        """Return the environment of restic: nothing of this process but its path and home."""
        kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
        return {
            "HOME": "/root",
            **kept,
            **self.settings.environment,
            "RESTIC_REPOSITORY": self.settings.repository,
            "RESTIC_PASSWORD_FILE": self.settings.password_file,
        }


def ssh_command(settings: Settings) -> str:
    """Return restic's option ``sftp.command``; empty if root's own SSH configuration is to be used."""
    if not settings.repository.startswith("sftp:") or not (settings.ssh_key or settings.ssh_known_hosts):
        return ""
    rest = settings.repository[len("sftp:") :]
    words = ["ssh", "-o", "BatchMode=yes"]
    if rest.startswith("//"):
        url = urlsplit(f"sftp:{rest}")
        words += ["-p", str(url.port)] if url.port else []
        target = f"{url.username}@{url.hostname}" if url.username else str(url.hostname)
    else:
        target = rest.partition(":")[0]
    if settings.ssh_key:
        words += ["-i", settings.ssh_key, "-o", "IdentitiesOnly=yes"]
    if settings.ssh_known_hosts:
        words += ["-o", f"UserKnownHostsFile={settings.ssh_known_hosts}", "-o", "StrictHostKeyChecking=yes"]
    return shlex.join([*words, target, "-s", "sftp"])
