"""Rows that a migration refuses, found in the database before anything is migrated."""

from __future__ import annotations

from ansible_collections.ansible_airflow.airflow.plugins.module_utils.containers.postgres import Server

# Databases of Airflow 3 with another auth manager have no users.
HAS_USERS = "SELECT to_regclass('public.ab_user') IS NOT NULL"
# Airflow 2.11 compares names of users without case, and its migration refuses two that differ only in that.
SAME_NAMES = """
SELECT string_agg(username, ' and ' ORDER BY username) FROM ab_user GROUP BY lower(username) HAVING count(*) > 1
"""


def refused(server: Server, database: str) -> list[str]:
    """Return what a migration would refuse, one sentence each.

    Args:
        server: The stack's Postgres.
        database: Airflow's database.

    Raises:
        PostgresError: The server does not answer.
    """
    if server.ask(HAS_USERS, database) != ["t"]:
        return []
    return [
        f"the names of the users {names} differ only in case, which later releases refuse. Delete one of them: airflow "
        "users delete --username NAME."
        for names in server.ask(SAME_NAMES, database)
    ]
