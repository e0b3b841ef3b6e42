"""Copies a database on its own server, with what PostgreSQL does not copy: its settings and privileges."""

from __future__ import annotations

from ansible_collections.ansible_airflow.airflow.plugins.module_utils.backup import counts, databases
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.containers import postgres
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.containers.postgres import Server

OWNER = "SELECT pg_get_userbyid(datdba) FROM pg_database WHERE datname = {}"
# The copy of whole files is faster than that of each page through the write-ahead log, and the only way before 15.
QUICKLY = "SELECT CASE WHEN current_setting('server_version_num')::int >= 150000 THEN 'STRATEGY file_copy' ELSE '' END"
# Statements that give a database the settings and privileges of another one. Values of some settings are lists, which
# PostgreSQL stores in quotes already.
PROPERTIES = r"""
SELECT format('ALTER DATABASE %I SET %I TO %s', {new}, name, value) FROM settings WHERE role IS NULL
UNION ALL
SELECT format('ALTER ROLE %I IN DATABASE %I SET %I TO %s', role, {new}, name, value)
FROM settings WHERE role IS NOT NULL
UNION ALL
SELECT format('REVOKE ALL ON DATABASE %I FROM PUBLIC', {new}) FROM there WHERE datacl IS NOT NULL
UNION ALL
SELECT format('GRANT %s ON DATABASE %I TO %s%s', privilege_type, {new},
  CASE WHEN grantee = 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(grantee)) END,
  CASE WHEN is_grantable THEN ' WITH GRANT OPTION' ELSE '' END)
FROM there, aclexplode(datacl)
UNION ALL
SELECT format('ALTER DATABASE %I CONNECTION LIMIT %s', {new}, datconnlimit) FROM there
UNION ALL
SELECT format('COMMENT ON DATABASE %I IS %L', {new}, comment) FROM there WHERE comment IS NOT NULL
"""
WITH = r"""
WITH there AS (
  SELECT oid, datacl, datconnlimit, shobj_description(oid, 'pg_database') AS comment FROM pg_database
  WHERE datname = {old}
),
settings AS (
  SELECT CASE WHEN setrole <> 0 THEN pg_get_userbyid(setrole) END AS role, name,
    CASE WHEN name IN ('search_path', 'temp_tablespaces', 'local_preload_libraries', 'session_preload_libraries')
      THEN value ELSE quote_literal(value) END AS value
  FROM there JOIN pg_db_role_setting ON setdatabase = oid, unnest(setconfig) AS setting,
    LATERAL (SELECT split_part(setting, '=', 1) AS name, substr(setting, strpos(setting, '=') + 1) AS value) AS parts
)
"""


def copy(server: Server, name: str, new: str) -> None:
    """Copy a database, to which nobody is connected for long.

    Args:
        server: The server.
        name: The database.
        new: Name of the copy. A database of this name is removed before.

    Raises:
        PostgresError: The server fails, or others connect to the database again and again.
    """
    remove(server, new)
    owner = server.ask(OWNER.format(databases.literal(name)), databases.APART)[0]
    how = f"OWNER {databases.quoted(owner)} {server.ask(QUICKLY, databases.APART)[0]}"
    create = f"CREATE DATABASE {databases.quoted(new)} TEMPLATE {databases.quoted(name)} {how}"
    databases.insist(server, [name], create)
    words = {"old": databases.literal(name), "new": databases.literal(new)}
    server.ask(f"{WITH.format(**words)}{PROPERTIES.format(**words)} \\gexec", databases.APART)


def remove(server: Server, name: str) -> None:
    """Remove a database if it exists.

    Raises:
        PostgresError: The server fails, or others connect to it again and again.
    """
    if name in server.ask(postgres.DATABASES, databases.APART):
        databases.insist(server, [name], f"DROP DATABASE {databases.quoted(name)}")


def replace(server: Server, name: str, new: str, aside: str) -> None:
    """Give a database the name of another one, which gets a third name, in one step.

    Args:
        server: The server.
        name: The name that both want.
        new: The database that gets it.
        aside: New name of the database that has it.

    Raises:
        PostgresError: The server fails, or others connect again and again.
    """
    databases.rename(server, [(name, aside), (new, name)])


def revision(server: Server, name: str) -> str:
    """Return the revision of Airflow's schema in a database; an empty string if there is none, or no database.

    Raises:
        PostgresError: The server does not answer.
    """
    return counts.revision(server, name) if name in server.ask(postgres.DATABASES, databases.APART) else ""
