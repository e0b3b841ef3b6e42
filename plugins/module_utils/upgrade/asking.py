"""Names of the databases of an upgrade, and what they say about it."""

from __future__ import annotations

from dataclasses import dataclass

from ansible_collections.ansible_airflow.airflow.plugins.module_utils.backup import databases
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.containers import postgres
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.containers.postgres import Server

# The last run in the database from before, and the number of runs of users after it.
LAST = "SELECT coalesce(max(id), 0) FROM dag_run"
SINCE = "SELECT count(*) FROM dag_run WHERE id > {} AND dag_id <> 'airflow_upgrade_smoke'"
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


def there(server: Server, name: str) -> bool:
    """Return whether a database exists.

    Raises:
        PostgresError: The server does not answer.
    """
    return name in server.ask(postgres.DATABASES, databases.APART)


def running(server: Server, names: Names) -> list[str]:
    """Return the running tasks, each with its run and host.

    Raises:
        PostgresError: The server does not answer.
    """
    return server.ask(TASKS, names.database)


def later(server: Server, names: Names) -> int:
    """Return how many runs of users the database has that began after the upgrade.

    Raises:
        PostgresError: The server does not answer.
    """
    if not there(server, names.kept):
        return 0
    last = server.ask(LAST, names.kept)[0]
    return int(server.ask(SINCE.format(last), names.database)[0])


def undone(server: Server, names: Names) -> bool:
    """Return whether the database of an upgrade was put aside, so that the upgrade can no longer be completed.

    Raises:
        PostgresError: The server does not answer.
    """
    return there(server, names.left) and not there(server, names.kept)
