"""Encrypts plain text in Airflow's database.

An Airflow with an empty Fernet key stores secrets as they are, and marks them as not encrypted. One
with a key goes on to read them so, and its command ``rotate-fernet-key`` passes over them.
"""

from __future__ import annotations

import importlib
from typing import Any

from .commands import Airflow

# Tables with secrets: the column that names a row for people, and the columns with secrets, each with the one that says
# whether it is encrypted. That of triggers says nothing: what is JSON is not encrypted.
TABLES: dict[str, tuple[str, dict[str, str]]] = {
    "connection": ("conn_id", {"password": "is_encrypted", "extra": "is_extra_encrypted"}),
    "connection_test_request": ("connection_id", {"password": "is_encrypted", "extra": "is_extra_encrypted"}),
    "variable": ("key", {"val": "is_encrypted"}),
    "trigger": ("classpath", {"kwargs": ""}),
}
# Where each table's model is.
MODELS = {
    "connection": "airflow.models.connection:Connection",
    "connection_test_request": "airflow.models.connection_test:ConnectionTestRequest",
    "variable": "airflow.models.variable:Variable",
    "trigger": "airflow.models.trigger:Trigger",
}
# Rows that are written in one transaction, which locks them.
BATCH = 200
# Names of rows that are reported of each table.
NAMED = 20


def count_query(tables: list[str]) -> str:
    """Return the SQL that counts the rows with plain text, a table a row: it costs less than to start Airflow."""
    return " UNION ALL ".join(
        f"SELECT '{table}' AS kind, count(*) AS plain FROM \"{table}\" WHERE "  # noqa: S608 - our own names
        + " OR ".join(
            f"({column} <> '' AND {flag} IS NOT TRUE)" if flag else f"{column} LIKE '{{%'"
            for column, flag in TABLES[table][1].items()
        )
        for table in tables
    )


def action_encryption(_airflow: Airflow, request: dict[str, Any], report: dict[str, Any]) -> None:
    """Encrypt all plain text with the Fernet key in use, a batch of rows in a transaction.

    Args:
        request: ``tables``, names; ``dry_run``, whether only to look.
        report: Gets ``rows``, numbers of rows by table, and ``names``, the first of these rows for people by table.
    """
    from airflow.models.crypto import get_fernet  # noqa: PLC0415 - only the container has Airflow

    fernet = get_fernet()
    if not fernet.is_encrypted and not request["dry_run"]:
        raise ValueError("this container has no Fernet key: core.fernet_key is empty")
    report["rows"], report["names"] = {}, {}
    for name in request["tables"]:
        names = look(name) if request["dry_run"] else encrypt(name, fernet)
        report["rows"][name] = len(names)
        report["names"][name] = sorted(names)[:NAMED]


def table_of(name: str) -> Any:
    """Return a table as Airflow's model of it describes it."""
    module, _, attribute = MODELS[name].partition(":")
    return getattr(importlib.import_module(module), attribute).__table__


def plain(table: Any, column: str) -> Any:
    """Return the condition under which a column of a row holds plain text, as the query has it."""
    from sqlalchemy import and_  # noqa: PLC0415

    flag = TABLES[table.name][1][column]
    if not flag:
        return table.c[column].like("{%")
    return and_(table.c[column] != "", table.c[flag].isnot(True))


def look(name: str) -> list[str]:
    """Return the names of a table's rows with plain text."""
    from airflow.utils.session import create_session  # noqa: PLC0415
    from sqlalchemy import or_  # noqa: PLC0415

    table = table_of(name)
    label, columns = TABLES[name]
    with create_session() as session:
        found = session.query(table.c[label]).filter(or_(*(plain(table, column) for column in columns)))
        return [str(row[0]) for row in found]


def encrypt(name: str, fernet: Any) -> list[str]:
    """Encrypt a table's plain text and return the names of the rows.

    A row that somebody changes at the same time is locked: Airflow's own writing waits for the end of the batch.
    """
    from airflow.utils.session import create_session  # noqa: PLC0415
    from sqlalchemy import or_  # noqa: PLC0415

    table = table_of(name)
    label, columns = TABLES[name]
    names: list[str] = []
    while True:
        with create_session() as session:
            found = session.query(table).filter(or_(*(plain(table, column) for column in columns)))
            rows = [row._mapping for row in found.order_by(table.c.id).limit(BATCH).with_for_update()]
            for row in rows:
                session.execute(table.update().where(table.c.id == row["id"]).values(encrypted(row, columns, fernet)))
                names.append(str(row[label]))
        if not rows:
            return names


def encrypted(row: Any, columns: dict[str, str], fernet: Any) -> dict[str, Any]:
    """Return the values that a row gets in place of its plain text."""
    values: dict[str, Any] = {}
    for column, flag in columns.items():
        text = row[column]
        if text and not (row[flag] if flag else not text.startswith("{")):
            values[column] = fernet.encrypt(text.encode()).decode()
            if flag:
                values[flag] = True
    return values
