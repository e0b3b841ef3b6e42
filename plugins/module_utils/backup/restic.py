"""The program restic: its repository, and the snapshots in it.

Its password and the keys of a store travel in files and in its environment, never in arguments.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
from collections.abc import Sequence
from functools import cached_property
from typing import Any

from ansible_collections.ansible_airflow.airflow.plugins.module_utils.backup.restic_errors import (
    INCOMPLETE,
    NoRepositoryError,
    error_of,
    unread,
)
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.backup.settings import BackupError, Settings
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.backup.sftp import ssh_command

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
        done = self._call(*words)
        if done.returncode:
            raise error_of(self.settings, words[0], done.returncode, done.stderr or done.stdout)
        return done.stdout

    def _call(self, *words: str) -> subprocess.CompletedProcess[str]:
        """Run restic, whatever its exit code."""
        if not os.path.exists(self.settings.password_file):
            raise BackupError(
                f"{self.settings.password_file} does not exist; set airflow_backup_password to the repository's "
                "password."
            )
        argv = [self.program, *self._options(), *words]
        try:
            return subprocess.run(argv, env=self._environment(), capture_output=True, text=True, check=False)
        except OSError as error:
            raise BackupError(f"restic cannot be run: {error.strerror}. Run site.yml, which installs it.") from error

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

    def backup(self, paths: Sequence[str], tags: Sequence[str], exclude: Sequence[str] = ()) -> str:
        """Back up paths, and return the id of the snapshot.

        Args:
            paths: The paths, without symbolic links.
            tags: Tags of the snapshot.
            exclude: Patterns of files to leave out.

        Raises:
            BackupError: A path is missing or cannot be read, or restic fails.
        """
        # restic exits with 0 if one of several paths is missing.
        if missing := [path for path in paths if not os.path.lexists(path)]:
            raise BackupError(f"these paths do not exist: {', '.join(missing)}.")
        limit = ["--limit-upload", str(self.settings.upload_limit)] if self.settings.upload_limit else []
        tag = ",".join((TAG, *tags))
        words = ["--json", "--host", self.settings.host, "--tag", tag, *limit]
        words += [*(f"--exclude={pattern}" for pattern in exclude), "--", *paths]
        done = self._call("backup", *words)
        # A file that a task has removed meanwhile is no error; every other one makes the backup incomplete.
        gone = done.returncode == INCOMPLETE and all(not os.path.lexists(path) for path in unread(done.stderr))
        if done.returncode and not gone:
            raise error_of(self.settings, "backup", done.returncode, done.stderr or done.stdout)
        lines = [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]
        summary: Snapshot = next((line for line in lines if line.get("message_type") == "summary"), {})
        if "snapshot_id" not in summary:
            raise BackupError("restic backup reported no snapshot.")
        return str(summary["snapshot_id"])

    def kept(self, tag: str, factor: int = 1) -> list[Snapshot]:
        """Return the snapshots with a tag that the retention keeps.

        Args:
            tag: The tag.
            factor: By how much more to keep than the settings say.
        """
        words = [f"--keep-{unit}={count * factor}" for unit, count in self.settings.keep.items() if count]
        # Keep manual backups of the same day, for example one from before an upgrade.
        words.append("--keep-within=1d")
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
        # Without a lock, because the repository can be full or read-only.
        self.run("restore", snapshot, "--no-lock", "--target", target, *words)

    def unlock(self) -> None:
        """Remove locks that killed processes have left. restic keeps those of running ones."""
        self.run("unlock")

    def names(self, snapshot: str, directory: str) -> list[str]:
        """Return the names of the files in a directory of a snapshot."""
        lines = map(json.loads, self.run("ls", "--json", "--no-lock", snapshot, directory).splitlines())
        return sorted(str(line["name"]) for line in lines if line.get("type") == "file")

    def text(self, snapshot: str, path: str) -> str:
        """Return the content of a file in a snapshot."""
        return self.run("dump", "--no-lock", snapshot, path)

    def _options(self) -> list[str]:
        """Return options that every command has."""
        options = ["--cache-dir", "/var/cache/airflow-backup"]
        if self.release >= WAITS_FOR_LOCKS:
            options += ["--retry-lock", "5m"]
        if command := ssh_command(self.settings):
            options += ["-o", f"sftp.command={command}"]
        return options

    @cached_property
    def release(self) -> tuple[int, ...]:
        """The release of restic, which every command asks for."""
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
