"""Encrypts plain text in Airflow's database.

With an empty Fernet key, Airflow stores secrets in plain text and marks them as not encrypted. With a key, it still
reads these values as plain text, and its command ``rotate-fernet-key`` skips them.
"""

from __future__ import annotations

import importlib
from typing import Any

from .commands import Airflow

# Tables with secrets: the column that names a row for people, and the columns with secrets, each with the column that
# flags it as encrypted. Triggers have no such flag: their value is plain text if it is JSON.
TABLES: dict[str, tuple[str, dict[str, str]]] = {
    "connection": ("conn_id", {"password": "is_encrypted", "extra": "is_extra_encrypted"}),
    "connection_test_request": ("connection_id", {"password": "is_encrypted", "extra": "is_extra_encrypted"}),
    "variable": ("key", {"val": "is_encrypted"}),
    "trigger": ("classpath", {"kwargs": ""}),
}
# The model of each table.
MODELS = {
    "connection": "airflow.models.connection:Connection",
    "connection_test_request": "airflow.models.connection_test:ConnectionTestRequest",
    "variable": "airflow.models.variable:Variable",
    "trigger": "airflow.models.trigger:Trigger",
}
# Number of rows written in one transaction, which locks them.
BATCH = 200
# Maximum number of row names reported for each table.
NAMED = 20


def count_query(tables: list[str]) -> str:
    """Return the SQL that counts the rows with plain text, by table: it costs less than starting Airflow."""
    return " UNION ALL ".join(
        f"SELECT '{table}' AS kind, count(*) AS plain FROM \"{table}\" WHERE "  # noqa: S608 - our own names
        + " OR ".join(
            f"({column} <> '' AND {flag} IS NOT TRUE)" if flag else f"{column} LIKE '{{%'"
            for column, flag in TABLES[table][1].items()
        )
        for table in tables
    )


def action_encryption(_airflow: Airflow, request: dict[str, Any], report: dict[str, Any]) -> None:
    """Encrypt all plain text with the Fernet key in use, one batch of rows per transaction.

    Args:
        request: ``tables``, names; ``dry_run``, whether to report only.
        report: Gets ``rows``, the number of plain-text rows by table, and ``names``, the first of their names by table.
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
    """Return the SQLAlchemy table of a model of Airflow."""
    module, _, attribute = MODELS[name].partition(":")
    return getattr(importlib.import_module(module), attribute).__table__


def plain(table: Any, column: str) -> Any:
    """Return the condition that a column holds plain text, the same as in count_query."""
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

    The rows of a batch are locked: Airflow's own writes to them wait for the batch to finish.
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
    """Return the encrypted values that replace a row's plain text."""
    values: dict[str, Any] = {}
    for column, flag in columns.items():
        text = row[column]
        if text and not (row[flag] if flag else not text.startswith("{")):
            values[column] = fernet.encrypt(text.encode()).decode()
            if flag:
                values[flag] = True
    return values
