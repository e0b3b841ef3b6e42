"""Connections to databases of the stack's own Postgres: the inventory names the database instead of the fields."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from ansible_collections.ansible_airflow.airflow.plugins.module_utils.findings.finding import Finding
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.objects.connections import (
    CONNECTION,
    ConnectionKind,
)
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.objects.entries import at, problem
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.objects.kind import Entries, Entry

# Fields of a connection that stack_database sets.
FIELDS_OF_DATABASE = ("conn_type", "host", "port", "schema", "login", "password")


class ListedConnectionKind(ConnectionKind):
    """Connections of the inventory, which may have ``stack_database`` in addition to the fields.

    Attributes:
        databases: Value of ``airflow_postgres_databases``, dicts with ``name`` and ``owner``.
    """

    arguments: ClassVar = {
        **ConnectionKind.arguments,
        "connections": {
            **ConnectionKind.arguments["connections"],
            "options": {**CONNECTION, "stack_database": {"type": "str"}},
        },
    }

    def __init__(self, databases: Sequence[Entry]) -> None:
        self.databases = databases

    def list_problems(self, entries: Entries, where: str) -> list[Finding]:
        """See Kind; an entry that names a database is otherwise checked as if it were complete."""
        problems: list[Finding] = []
        complete = []
        for entry in entries:
            named = entry.get("stack_database")
            if named:
                problems += at(f"{where}, {entry['conn_id']!r}", self._database_problems(entry))
            complete.append({**entry, "conn_type": "postgres", "uri": None} if named else entry)
        return problems + super().list_problems(complete, where)

    def _database_problems(self, entry: Entry) -> list[Finding]:
        problems = []
        name = entry["stack_database"]
        known = [database["name"] for database in self.databases]
        if name not in known:
            instead = f"write one of {', '.join(known)}, or add it there" if known else "add it there"
            text = f"stack_database {name!r} is not listed in airflow_postgres_databases; {instead}."
            problems += problem("connection-database-unknown", text)
        conflicts = [key for key in (*FIELDS_OF_DATABASE, "uri") if entry.get(key) not in (None, "")]
        if conflicts:
            text = f"stack_database already sets {', '.join(conflicts)}; remove one or the other."
            problems += problem("connection-database-and-fields", text)
        return problems


def secrets_needed(connections: Entries) -> list[dict[str, str]]:
    """Return the secrets that the connections to databases of the stack need.

    Args:
        connections: Value of ``airflow_connections``.

    Returns:
        Dicts with the ``name`` of the secret, and ``by``, what needs it.
    """
    names = sorted({entry["stack_database"] for entry in connections if _of_stack(entry)})
    return [{"name": _secret(name), "by": f"a connection with stack_database {name}"} for name in names]


def resolved(connections: Entries, stack: Mapping[str, Any], secrets: Mapping[str, str]) -> list[dict[str, Any]]:
    """Return connections in the form that the module takes, with fields instead of ``stack_database``.

    Args:
        connections: Value of ``airflow_connections``, without problems.
        stack: See ``wanted.objects_resolved``.
        secrets: The secrets of ``secrets_needed`` by name; a missing secret is not known yet.
    """
    return [
        {
            **{key: value for key, value in entry.items() if key != "stack_database"},
            **(_fields(entry, stack, secrets) if _of_stack(entry) else {}),
        }
        for entry in connections
    ]


def _fields(entry: Entry, stack: Mapping[str, Any], secrets: Mapping[str, str]) -> dict[str, Any]:
    """Return the fields that an entry gets from its database."""
    name = entry["stack_database"]
    owners = {database["name"]: database["owner"] for database in stack["databases"]}
    extra = {"extra": _with_tls(entry.get("extra"), stack["ca_file"])} if stack.get("ca_file") else {}
    return {
        "conn_type": "postgres",
        "host": stack.get("host", "postgres"),
        "port": 5432,
        "schema": name,
        "login": owners[name],
        "password": secrets.get(_secret(name)),
        **extra,
    }


def _with_tls(extra: Any, ca_file: str) -> dict[str, Any]:
    """Return a connection's extra with verification of the server's certificate, unless the entry overrides it."""
    given = json.loads(extra) if isinstance(extra, str) and extra else extra or {}
    return {"sslmode": "verify-full", "sslrootcert": ca_file, **given}


def _of_stack(entry: Entry) -> bool:
    """Return whether an entry wants a connection to a database of the stack."""
    return bool(entry.get("stack_database")) and entry.get("state", "present") == "present"


def _secret(name: str) -> str:
    """Return the name of the secret that is the password of a database's owner."""
    return f"database_{name}_password"
