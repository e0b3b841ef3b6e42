"""Filters of role airflow_objects: check its lists before anything is changed, and complete connections."""

from __future__ import annotations

import base64
import difflib
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import ansible.module_utils

# Ansible puts our module_utils on a module's path only; a filter has to add the directory to share code with modules.
UTILS = str(Path(__file__).resolve().parents[1] / "module_utils")
if UTILS not in ansible.module_utils.__path__:
    ansible.module_utils.__path__.append(UTILS)

from ansible.module_utils import airflow_connection_problems as listed
from ansible.module_utils.airflow_connection import FIELDS

Entry = Mapping[str, Any]

KEYS = ("conn_id", "state", *FIELDS, "uri", "stack_database")
# What stack_database says of a connection.
FIELDS_OF_DATABASE = ("conn_type", "host", "port", "schema", "login", "password")


def connection_problems(connections: Sequence[Entry], databases: Sequence[Entry]) -> list[str]:
    """Return what is wrong with ``airflow_connections``, one sentence a problem, without values of secrets.

    :param connections: the variable's entries
    :param databases: value of ``airflow_postgres_databases``, dicts with ``name`` and ``owner``
    """
    where = "airflow_connections"
    problems = []
    entries = []
    for number, entry in enumerate(connections, start=1):
        if not isinstance(entry, Mapping) or not isinstance(entry.get("conn_id"), str):
            problems.append(f"{where}: entry {number} has no conn_id; write one, such as conn_id: feeds_api.")
            continue
        problems += [f"{where}, {entry['conn_id']!r}: {text}" for text in _key_problems(entry)]
        if entry.get("stack_database"):
            problems += [f"{where}, {entry['conn_id']!r}: {text}" for text in _database_problems(entry, databases)]
        # The rest of such an entry is checked as if it were complete.
        complete = {"conn_type": "postgres", "uri": None} if entry.get("stack_database") else {}
        entries.append({**entry, **complete})
    return problems + listed.problems(where, entries)


def _key_problems(entry: Entry) -> list[str]:
    problems = []
    for key in sorted(set(map(str, entry)) - set(KEYS)):
        close = difflib.get_close_matches(key, KEYS, n=1)
        hint = f"did you mean {close[0]}?" if close else f"the keys are {', '.join(KEYS)}."
        problems.append(f"key {key!r} is unknown; {hint}")
    if entry.get("state", "present") not in ("present", "absent"):
        problems.append("state must be present or absent.")
    return problems


def _database_problems(entry: Entry, databases: Sequence[Entry]) -> list[str]:
    problems = []
    name = entry["stack_database"]
    known = [database["name"] for database in databases]
    if name not in known:
        instead = f"write one of {', '.join(known)}" if known else "there are none"
        problems.append(
            f"stack_database {name!r} is not listed in airflow_postgres_databases; {instead}, or list it there."
        )
    conflicts = [key for key in (*FIELDS_OF_DATABASE, "uri") if entry.get(key) not in (None, "")]
    if conflicts:
        problems.append(f"stack_database already says {', '.join(conflicts)}; remove the one or the other.")
    return problems


def connections_resolved(
    connections: Sequence[Entry],
    databases: Sequence[Entry],
    passwords: Mapping[str, str],
    host: str = "postgres",
    port: int = 5432,
) -> list[dict[str, Any]]:
    """Return ``airflow_connections`` as the module takes them: with a database's fields in place of ``stack_database``.

    :param connections: the variable's entries, without problems
    :param databases: value of ``airflow_postgres_databases``
    :param passwords: password of each database's owner by the database's name; one that is missing is not known yet
    :param host: where Airflow's containers reach the stack's Postgres
    :param port: its port there
    """
    owners = {database["name"]: database["owner"] for database in databases}
    resolved = []
    for entry in connections:
        fields = {key: value for key, value in entry.items() if key != "stack_database"}
        name = entry.get("stack_database")
        if name and entry.get("state", "present") == "present":
            fields.update(
                conn_type="postgres",
                host=host,
                port=port,
                schema=name,
                login=owners[name],
                password=passwords.get(name),
            )
        resolved.append(fields)
    return resolved


def database_passwords(results: Sequence[Mapping[str, Any]]) -> dict[str, str]:
    """Return the passwords of the stack's databases by the databases' names.

    :param results: results of a loop of ``ansible.builtin.slurp`` over their files; skipped ones say nothing
    """
    passwords = {}
    for result in results:
        match = re.search(r"/database_([^/]+)_password$", result.get("source", ""))
        if match and "content" in result:
            passwords[match[1]] = base64.b64decode(result["content"]).decode().rstrip("\n")
    return passwords


def databases_used(connections: Sequence[Entry]) -> list[str]:
    """Return the names of the stack's databases whose passwords the connections need.

    :param connections: value of ``airflow_connections``
    """
    present = [entry for entry in connections if entry.get("state", "present") == "present"]
    return sorted({entry["stack_database"] for entry in present if entry.get("stack_database")})


class FilterModule:
    """Ansible's entry point."""

    def filters(self) -> dict[str, Any]:
        """Return the filters by name."""
        return {
            "airflow_connection_problems": connection_problems,
            "airflow_connections_resolved": connections_resolved,
            "airflow_database_passwords": database_passwords,
            "airflow_databases_used": databases_used,
        }
