"""Migrates the database of a stack whose services are stopped, and goes back to what it was."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ansible_collections.ansible_airflow.airflow.plugins.module_utils.backup import counts, databases, space
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.containers import postgres
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.containers.docker_command import Docker
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.containers.postgres import Server
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.upgrade import copying, resting
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.upgrade.comparison import lost
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.upgrade.migration import (
    MigrationError,
    Place,
    migrate,
)

MIGRATION, VOLUME = "airflow-upgrade-migration", "airflow_postgres_data"
# Free space needed: the copy, and the tables that migrations write anew, as multiples of the database; and the log.
ROOM, LOG = 3.5, 2**30
SIZE = "SELECT pg_database_size({})"
# Seconds until a server that recovers after a crash answers.
PATIENCE = 600
RUNS = "SELECT count(*) FROM dag_run"
TASKS = """
SELECT dag_id || '.' || task_id || CASE WHEN map_index >= 0 THEN '[' || map_index || ']' ELSE '' END
  || ', run ' || run_id || ', on ' || hostname
FROM task_instance WHERE state = 'running' ORDER BY start_date
"""


@dataclass(frozen=True)
class Names:
    """Names of the databases of an upgrade.

    Attributes:
        database: Airflow's database.
        stamp: The upgrade.
    """

    database: str
    stamp: str

    @property
    def kept(self) -> str:
        """Name of the database as it was before the upgrade."""
        return f"{self.database}_before_{self.stamp}"

    @property
    def left(self) -> str:
        """Name of the database that a failed or undone upgrade leaves."""
        return f"{self.database}_upgraded_{self.stamp}"

    @property
    def copy(self) -> str:
        """Name of the copy while it is migrated."""
        return f"{self.database}_copy_{self.stamp}"


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

    def running(self) -> list[str]:
        """Return the running tasks, each with its run and host.

        Raises:
            PostgresError: The server does not answer.
        """
        return self.server.ask(TASKS, self.names.database)

    def there(self, name: str) -> bool:
        """Return whether a database exists."""
        return name in self.server.ask(postgres.DATABASES, databases.APART)

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
        if self.there(names.kept):
            self.doing("the database is already migrated")
            return {"seconds": {}}
        size = int(self.server.ask(SIZE.format(databases.literal(names.database)), databases.APART)[0])
        copying.remove(self.server, names.copy)
        space.demand(self.docker.directory(VOLUME), int(ROOM * size) + LOG, "the copy and its migrations")
        self.doing("copying the database")
        copying.copy(self.server, names.database, names.copy)
        taken = {str(step["release"]): self._migrate(place, step, seconds) for step in steps}
        self.doing("comparing the copy with the database")
        if problems := lost(counts.rows(self.server, names.database), counts.rows(self.server, names.copy)):
            raise MigrationError(f"the migrations lost rows: {' '.join(problems)}")
        resting.begin(self.server, names.copy)
        self.doing("renaming the databases")
        copying.replace(self.server, names.database, names.copy, names.kept)
        return {"seconds": taken}

    def _migrate(self, place: Place, step: Mapping[str, Any], seconds: float) -> float:
        """Run one migration of the copy, and return its duration in seconds."""
        began = time.monotonic()
        self.doing(f"migrating the copy with Airflow {step['release']}")
        migrate(self.docker, MIGRATION, place, step, seconds)
        if (found := counts.revision(self.server, self.names.copy)) != step["revision"]:
            raise MigrationError(
                f"the migration by Airflow {step['release']} ended at revision {found}, not {step['revision']}: is "
                f"{step['image']} this release?"
            )
        return round(time.monotonic() - began, 1)

    def back(self) -> str:
        """Give the database before the upgrade its name again.

        Returns:
            Name of what the upgrade has left: the database that had the name meanwhile, or the copy that was not
            complete. Empty if there is nothing, or if the disk is too full to keep it.

        Raises:
            DockerError: A docker command failed.
            PostgresError: The server failed.
        """
        names = self.names
        self.docker.remove(MIGRATION)
        self._wait()
        exchanged = self.there(names.kept)
        if exchanged:
            self.doing("renaming the databases")
            copying.remove(self.server, names.left)
            copying.replace(self.server, names.database, names.kept, names.left)
        elif self.there(names.copy):
            copying.remove(self.server, names.left)
            databases.rename(self.server, [(names.copy, names.left)])
        if not self.there(names.left):
            return ""
        if not exchanged and postgres.space(self.docker.directory(VOLUME)) < space.RESERVE:
            self.doing("removing the copy, because the disk is full")
            copying.remove(self.server, names.left)
            return ""
        return names.left

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
        found = [name for name in (self.names.kept, self.names.copy) if self.there(name)]
        for name in found:
            copying.remove(self.server, name)
        return found

    def later(self) -> int:
        """Return how many runs of DAGs the database has that the one before the upgrade does not have.

        Raises:
            PostgresError: The server failed.
        """
        if not self.there(self.names.kept):
            return 0
        now, then = (int(self.server.ask(RUNS, name)[0]) for name in (self.names.database, self.names.kept))
        return max(now - then, 0)
