"""Lets an Airflow read variables and connections from the database of an earlier release, before it is migrated.

The models of a release ask for columns that an earlier schema lacks. All schemas from 2.0 on have the columns below.
"""

from __future__ import annotations

from typing import Any

VARIABLE = "SELECT val, is_encrypted FROM variable WHERE key = :name"
CONNECTION = """
SELECT conn_type, host, login, "schema", port, password, is_encrypted, extra, is_extra_encrypted
FROM connection WHERE conn_id = :name
"""


def read_earlier() -> None:
    """Make this process and its children read the database with statements that all schemas understand."""
    from airflow.secrets.metastore import MetastoreBackend  # noqa: PLC0415 - only the container has Airflow

    # Later releases pass a team, which an earlier database does not have.
    MetastoreBackend.get_variable = lambda _self, key, *_, **__: variable(key)
    MetastoreBackend.get_connection = lambda _self, conn_id, *_, **__: connection(conn_id)


def variable(key: str) -> str | None:
    """Return the value of a variable, None if there is none."""
    found = row(VARIABLE, key)
    return plain(found[0], found[1]) if found else None


def connection(conn_id: str) -> Any:
    """Return a connection, None if there is none."""
    from airflow.models import Connection  # noqa: PLC0415

    found = row(CONNECTION, conn_id)
    if not found:
        return None
    conn_type, host, login, schema, port, password, is_encrypted, extra, is_extra_encrypted = found
    return Connection(
        conn_id=conn_id,
        conn_type=conn_type,
        host=host,
        login=login,
        schema=schema,
        port=port,
        password=plain(password, is_encrypted),
        extra=plain(extra, is_extra_encrypted),
    )


def row(statement: str, name: str) -> Any:
    """Return the first row of a statement, None if there is none."""
    from airflow import settings  # noqa: PLC0415
    from sqlalchemy import text  # noqa: PLC0415

    with settings.engine.connect() as database:
        return database.execute(text(statement), {"name": name}).first()


def plain(value: str | None, encrypted: bool | None) -> str | None:
    """Return a value without its encryption."""
    from airflow.models.crypto import get_fernet  # noqa: PLC0415

    return get_fernet().decrypt(value.encode()).decode() if value and encrypted else value
