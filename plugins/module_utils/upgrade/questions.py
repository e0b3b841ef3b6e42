"""Rows that prevent an upgrade, found in the database before anything is migrated."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from ansible_collections.ansible_airflow.airflow.plugins.module_utils.backup import databases, space
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.containers.docker_command import Docker
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.containers.postgres import Server
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.upgrade.migration import LOG, ROOM, VOLUME

# Databases of Airflow 3 with another auth manager have no users.
HAS_USERS = "SELECT to_regclass('public.ab_user') IS NOT NULL"
# Airflow 2.11 compares names of users without case, and its migration refuses two that differ only in that.
SAME_NAMES = """
SELECT string_agg(username, ' and ' ORDER BY username) FROM ab_user GROUP BY lower(username) HAVING count(*) > 1
"""
# Runs that a deletion of old history would take although they have not ended.
UNFINISHED = """
SELECT dag_id || ', run ' || run_id FROM dag_run
WHERE state IN ('running', 'queued') AND start_date < '{}' ORDER BY start_date LIMIT 5
"""
SIZE = "SELECT pg_database_size({})"
BEFORE = re.compile(r"--clean-before-timestamp (\S+)")


def refused(server: Server, database: str, steps: Iterable[Mapping[str, Any]]) -> list[str]:
    """Return what prevents an upgrade, one sentence each.

    Args:
        server: The stack's Postgres.
        database: Airflow's database.
        steps: The migrations, and perhaps a deletion of old history.

    Raises:
        PostgresError: The server does not answer.
    """
    has_users = server.ask(HAS_USERS, database) == ["t"]
    problems = [
        f"the names of the users {names} differ only in case, which later releases refuse. Delete one of them: airflow "
        "users delete --username NAME."
        for names in (server.ask(SAME_NAMES, database) if has_users else ())
    ]
    for before in (match[1] for step in steps if step["cleans"] and (match := BEFORE.search(step["command"]))):
        if runs := server.ask(UNFINISHED.format(before), database):
            problems.append(
                f"airflow_upgrade_history_days would delete runs that have not ended: {'; '.join(runs)}. End them, or "
                "keep more days."
            )
    return problems


def prevented(docker: Docker, server: Server, database: str, steps: Iterable[Mapping[str, Any]]) -> list[str]:
    """Return what prevents an upgrade without a rehearsal, one sentence each.

    Args:
        docker: The docker command.
        server: The stack's Postgres.
        database: Airflow's database.
        steps: As of `refused`.

    Raises:
        BackupError: The disk of the database lacks space for a copy.
        DockerError: Docker does not answer.
        PostgresError: The server does not answer.
    """
    size = int(server.ask(SIZE.format(databases.literal(database)), databases.APART)[0])
    space.demand(docker.directory(VOLUME), int(size * ROOM) + LOG, "the copy and its migrations")
    return refused(server, database, steps)
