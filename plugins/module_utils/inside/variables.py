"""Variables, read and written inside an Airflow container.

A variable's fields are its value, always as the text that Airflow stores, and its description.
"""

from __future__ import annotations

import contextlib
from typing import Any

from .commands import Airflow, check_database_once


def action_variables_read(_airflow: Airflow, _request: dict[str, Any], report: dict[str, Any]) -> None:
    """Report all variables.

    Args:
        report: Gets ``objects``, fields by key; and ``undecryptable``, the variables that cause a decryption error.
    """
    report["objects"] = stored(report)


def action_variables_write(airflow: Airflow, request: dict[str, Any], report: dict[str, Any]) -> None:
    """Create, replace and delete variables, then report the current state of the ones that exist.

    Args:
        airflow: Runs Airflow's commands.
        request: ``create`` and ``replace``, fields by key; ``delete``, keys.
        report: Gets ``done``, keys; ``failed``, Airflow's reason by key; ``objects``, fields by key.
    """
    done = report.setdefault("done", [])
    failed = report.setdefault("failed", {})
    check_database_once()
    written = {**request["create"], **request["replace"]}
    imported = import_plain(airflow, written, report)
    done.extend(imported)
    for name, fields in written.items():
        if name not in imported:
            airflow.attempt(name, failed, put, name, fields, done)
    for name in request["delete"]:
        airflow.attempt(name, failed, delete, airflow, name, done)
    touched = {*written, *request["delete"]}
    report["objects"] = {name: fields for name, fields in stored(report).items() if name in touched}


def stored(report: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """Return all variables, keyed by key, as they are in the database.

    No command does this: ``variables export`` of Airflow 2.5 parses every text that looks like JSON and leaves out the
    descriptions, and ``variables get`` looks in environment variables and secrets backends first.

    Args:
        report: Gets ``undecryptable`` if the Fernet key in use cannot decrypt all of them.
    """
    from airflow.models import Variable  # noqa: PLC0415 - only the container has Airflow
    from airflow.utils.session import create_session  # noqa: PLC0415
    from cryptography.fernet import InvalidToken  # noqa: PLC0415

    found: dict[str, dict[str, Any]] = {}
    closed = []
    with create_session() as session:
        for row in session.query(Variable).order_by(Variable.key):
            found[row.key] = {"value": row.val, "description": row.description}
            # Airflow returns None for a value that it cannot decrypt.
            if row.val is None and row._val is not None:
                closed.append(f"variable {row.key!r}")
    if closed:
        report["undecryptable"] = closed
        raise InvalidToken
    return found


def import_plain(airflow: Airflow, variables: dict[str, Any], report: dict[str, Any]) -> dict[str, Any]:
    """Run ``variables import`` for variables without a description, which Airflow 2.5 cannot import.

    The command replaces each variable in a separate transaction, and skips refused ones without naming them. So the
    database is read afterwards to find out which variables were imported.

    Returns:
        The imported variables.
    """
    plain = {name: fields["value"] for name, fields in variables.items() if fields["description"] is None}
    if not plain:
        return {}
    # Ignore any error: the caller retries these variables one by one, and gets the error there.
    with contextlib.suppress(Exception, SystemExit):
        airflow.command_with_file(plain, "variables", "import")
    found = stored(report)
    return {name: variables[name] for name in plain if found.get(name) == variables[name]}


def put(name: str, fields: dict[str, Any], done: list[str]) -> None:
    """Create or replace a variable in one transaction: a task that reads it gets the old value or the new one."""
    from airflow.models import Variable  # noqa: PLC0415

    Variable.set(name, fields["value"], description=fields["description"])
    done.append(name)


def delete(airflow: Airflow, name: str, done: list[str]) -> None:
    """Run ``variables delete``."""
    airflow.command("variables", "delete", "--", name)
    done.append(name)
