"""What a database holds: rows by table, objects, and the revision of Airflow's schema."""

from __future__ import annotations

import json
from collections.abc import Iterable

from ansible_collections.ansible_airflow.airflow.plugins.module_utils.containers.postgres import Server

# One JSON array for each table with its number of rows. Sequences are left out: they ignore transactions.
# Schemas that begin with pg_ are Postgres' own, among them those of temporary tables, which nobody else may read.
ROWS = r"""
SELECT format(
  'SELECT json_build_array(%L, count(*)) FROM %I.%I', schemaname || '.' || tablename, schemaname, tablename
) FROM pg_tables
WHERE schemaname !~ '^pg_' AND schemaname <> 'information_schema' ORDER BY schemaname, tablename \gexec
SELECT json_build_array('large objects', count(*)) FROM pg_largeobject_metadata;
"""
# Tables, views, sequences and functions that are no part of an extension, and large objects.
OBJECTS = """
SELECT (SELECT count(*) FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
        WHERE nspname !~ '^pg_' AND nspname <> 'information_schema'
        AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.objid = c.oid AND d.deptype = 'e'))
     + (SELECT count(*) FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace
        WHERE nspname !~ '^pg_' AND nspname <> 'information_schema'
        AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.objid = p.oid AND d.deptype = 'e'))
     + (SELECT count(*) FROM pg_largeobject_metadata)
"""
HAS_REVISION = "SELECT to_regclass('public.alembic_version') IS NOT NULL"
REVISION = "SELECT version_num FROM public.alembic_version"


def parsed(lines: Iterable[str]) -> dict[str, int]:
    """Return the rows by table from the answer to `ROWS`."""
    return {str(table): int(count) for table, count in map(json.loads, lines)}


def rows(server: Server, database: str) -> dict[str, int]:
    """Return the number of rows of each table of a database.

    Raises:
        PostgresError: The server does not answer.
    """
    return parsed(server.ask(ROWS, database))


def objects(server: Server, database: str) -> int:
    """Return how many objects a database has, apart from Postgres' own and those of extensions.

    Raises:
        PostgresError: The server does not answer.
    """
    return int(server.ask(OBJECTS, database)[0])


def revision(server: Server, database: str) -> str:
    """Return the revision of Airflow's schema in a database; an empty string if it has none.

    Raises:
        PostgresError: The server does not answer.
    """
    if server.ask(HAS_REVISION, database) != ["t"]:
        return ""
    return next(iter(server.ask(REVISION, database)), "")
