"""Migrates the database of a stack whose services are stopped, and goes back to what it was."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from ansible_collections.ansible_airflow.airflow.plugins.module_utils.backup import counts, databases, space
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.containers import postgres
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.containers.docker_command import Docker
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.containers.postgres import Server
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.upgrade import copying, resting
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.upgrade.asking import Names, there, undone
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.upgrade.comparison import lost
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.upgrade.migration import (
    LOG,
    ROOM,
    VOLUME,
    MigrationError,
    Place,
)
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.upgrade.reaching import reach

MIGRATION = "airflow-upgrade-migration"
SIZE = "SELECT pg_database_size({})"
# Seconds until a server that recovers after a crash answers.
PATIENCE = 600


class Upgrading:
    """The database of an upgrade, on its server.

    Attributes:
        docker: The docker command.
        server: The stack's Postgres.
        names: Names of the databases.
        doing: Called with the name of each step.
    """

    def __init__(self, docker: Docker, server: Server, names: Names, doing: Callable[[str], None]) -> None:
        self.docker, self.server, self.names, self.doing = docker, server, names, doing

    def run(self, place: Place, steps: Sequence[Mapping[str, Any]], seconds: float) -> dict[str, Any]:
        """Migrate a copy of the database, and give it the database's name when it is complete.

        Args:
            place: What opens the copy.
            steps: The migrations, in order.
            seconds: Time limit of one migration.

        Returns:
            ``seconds``, by release; empty if the databases were exchanged before.

        Raises:
            BackupError: The disk lacks space for the copy.
            DockerError: A docker command failed.
            MigrationError: A migration failed, or lost rows.
            PostgresError: The server failed.
        """
        names = self.names
        # Of a run that was killed.
        self.docker.remove(MIGRATION)
        if there(self.server, names.kept):
            self.doing("the database is already migrated")
            resting.begin(self.server, names.database)
            return {"seconds": {}}
        if undone(self.server, names):
            raise MigrationError(
                f"this upgrade was being undone, and {names.left} has what happened since. Finish that by -e "
                "airflow_upgrade_interrupted=restore, and upgrade again."
            )
        size = int(self.server.ask(SIZE.format(databases.literal(names.database)), databases.APART)[0])
        copying.remove(self.server, names.copy)
        space.demand(self.docker.directory(VOLUME), int(ROOM * size) + LOG, "the copy and its migrations")
        self.doing("copying the database")
        copying.copy(self.server, names.database, names.copy)
        for step in steps:
            if step["cleans"]:
                self._migrate(place=place, step=step, seconds=seconds)
        taken = self._migrations([step for step in steps if not step["cleans"]], place, seconds)
        resting.begin(self.server, names.copy)
        self.doing("renaming the databases")
        copying.replace(self.server, names.database, names.copy, names.kept)
        return {"seconds": taken}

    def _migrations(self, steps: Sequence[Mapping[str, Any]], place: Place, seconds: float) -> dict[str, float]:
        """Run the migrations of the copy, compare its rows, and return their durations in seconds by release."""
        before = counts.rows(self.server, self.names.copy)
        taken = {str(step["release"]): self._migrate(place=place, step=step, seconds=seconds) for step in steps}
        self.doing("comparing the copy with what it was")
        if problems := lost(before, counts.rows(self.server, self.names.copy)):
            raise MigrationError(f"the migrations lost rows: {' '.join(problems)}")
        return taken

    def _migrate(self, place: Place, step: Mapping[str, Any], seconds: float) -> float:
        """Run one migration of the copy, and return its duration in seconds."""
        self.doing(f"{'cleaning' if step['cleans'] else 'migrating'} the copy with Airflow {step['release']}")
        return reach(self.docker, MIGRATION, self.server, self.names.copy, place=place, step=step, seconds=seconds)

    def back(self, revision: str) -> str:
        """Give the database before the upgrade its name again.

        Args:
            revision: Revision of that database.

        Returns:
            Name of what the upgrade has left: the database that had the name meanwhile, or the copy that was not
            complete. Empty if there is nothing, or if the disk is too full to keep the copy.

        Raises:
            DockerError: A docker command failed.
            MigrationError: The database from before is gone.
            PostgresError: The server failed.
        """
        names = self.names
        self.docker.remove(MIGRATION)
        self._wait()
        if there(self.server, names.kept):
            self.doing("renaming the databases")
            copying.replace(self.server, names.database, names.kept, self._free())
        if (found := counts.revision(self.server, names.database)) != revision:
            raise MigrationError(
                f"there is no {names.kept}, and {names.database} has the revision {found}, not {revision}: restore a "
                "backup by playbooks/restore_airflow.yml."
            )
        if there(self.server, names.copy):
            if postgres.space(self.docker.directory(VOLUME)) < space.RESERVE:
                self.doing("removing the copy, because the disk is full")
                copying.remove(self.server, names.copy)
            else:
                databases.rename(self.server, [(names.copy, self._free())])
        left = [name for name in self.server.ask(postgres.DATABASES, databases.APART) if name.startswith(names.left)]
        return max(left, default="")

    def _free(self) -> str:
        """Return a name for what is put aside. What has been put aside before stays."""
        name, number = self.names.left, 1
        while there(self.server, name):
            number += 1
            name = f"{self.names.left}_{number}"
        return name

    def _wait(self) -> None:
        """Wait until the server answers, for example after a crash because its disk was full."""
        until = time.monotonic() + PATIENCE
        self.docker.run("start", self.server.container)
        self.doing("waiting for Postgres")
        while not self.server.answers() and time.monotonic() < until:
            time.sleep(2)

    def forget(self) -> list[str]:
        """Remove the database from before the upgrade, and return the names of what was removed.

        Raises:
            PostgresError: The server failed.
        """
        found = [name for name in (self.names.kept, self.names.copy) if there(self.server, name)]
        for name in found:
            copying.remove(self.server, name)
        return found
