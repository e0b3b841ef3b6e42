"""Connections, read and written inside an Airflow container.

A connection's fields are those of ``airflow connections export``: conn_type, description, host,
schema, login, password, port and extra, the last one as the text that Airflow stores.
"""

from __future__ import annotations

import contextlib
import json
from typing import Any

from .commands import Airflow, check_database_once


def action_connections_read(airflow: Airflow, request: dict[str, Any], report: dict[str, Any]) -> None:
    """Report all connections, and what this Airflow makes of some URIs and types.

    Args:
        airflow: Runs Airflow's commands.
        request: ``uris`` by connection id; ``types``, the connection types that are wanted.
        report: Gets ``objects``, fields by id; ``parsed``, the fields of each URI; ``unknown_types`` and
            ``known_types``; and ``undecryptable``, ids of connections, before the error that they cause.
    """
    from cryptography.fernet import InvalidToken  # noqa: PLC0415 - only the container has it

    try:
        report["objects"] = exported(airflow)
    except InvalidToken:
        report["undecryptable"] = undecryptable()
        raise
    report["parsed"] = {name: parsed(uri) for name, uri in request["uris"].items()}
    used = {fields["conn_type"] for fields in report["objects"].values()}
    wanted = set(request["types"]) | {fields.get("conn_type", "generic") for fields in report["parsed"].values()}
    # A type that a connection has already is taken as known: only a new one is worth the time to look for hooks.
    report["known_types"] = [] if wanted <= used else known_types()
    report["unknown_types"] = [] if wanted <= used else sorted(wanted - used - set(report["known_types"]))


def action_connections_write(airflow: Airflow, request: dict[str, Any], report: dict[str, Any]) -> None:
    """Create, replace and delete connections, then report those of them that exist, as they are now.

    Args:
        airflow: Runs Airflow's commands.
        request: ``create`` and ``replace``, fields by connection id; ``delete``, ids.
        report: Gets ``done``, ids; ``failed``, Airflow's reason by id; ``objects``, fields by id.
    """
    done = report.setdefault("done", [])
    failed = report.setdefault("failed", {})
    check_database_once()
    create(airflow, request["create"], done, failed)
    for name, fields in request["replace"].items():
        airflow.attempt(name, failed, replace, name, fields, done)
    for name in request["delete"]:
        airflow.attempt(name, failed, delete, airflow, name, done)
    touched = {*request["create"], *request["replace"], *request["delete"]}
    report["objects"] = {name: fields for name, fields in exported(airflow).items() if name in touched}


def exported(airflow: Airflow) -> dict[str, dict[str, Any]]:
    """Return all connections by id."""
    text = airflow.command("connections", "export", "-", "--file-format", "json")
    result: dict[str, dict[str, Any]] = json.loads(text)
    return result


def create(airflow: Airflow, connections: dict[str, Any], done: list[str], failed: dict[str, str]) -> None:
    """Import all at once; after an error import the rest one by one, to learn which of them Airflow refuses."""
    if not connections:
        return
    # An error comes again below, with the id of the connection.
    with contextlib.suppress(Exception, SystemExit):
        import_file(airflow, connections, done)
    for name in [name for name in connections if name not in done]:
        airflow.attempt(name, failed, import_file, airflow, {name: connections[name]}, done)


def import_file(airflow: Airflow, connections: dict[str, Any], done: list[str]) -> None:
    """Dispatch ``connections import``, which commits each connection and prints a line for each that it took.

    Raises:
        SystemExit: With Airflow's reason, if it passes over one; that of 2.11 does so where it does not like the id.
    """
    try:
        airflow.command_with_file(connections, "connections", "import")
    finally:
        printed = airflow.output.split("\n")
        taken = [name for name in connections if f"Imported connection {name}" in printed]
        done.extend(taken)
    if len(taken) < len(connections):
        raise SystemExit(next((line for line in printed if line.startswith("Could not import")), "not imported"))


def replace(name: str, fields: dict[str, Any], done: list[str]) -> None:
    """Give a connection new values in one transaction: a task that reads it finds the old ones or the new ones.

    No command does this: ``connections import`` of Airflow 2.5 skips what exists.
    """
    from airflow.models import Connection  # noqa: PLC0415
    from airflow.utils.session import create_session  # noqa: PLC0415

    with create_session() as session:
        row = session.query(Connection).filter(Connection.conn_id == name).one()
        for field in ("conn_type", "description", "host", "schema", "login", "port"):
            setattr(row, field, fields[field])
        # Assigning no password changes nothing in Airflow 2: the column has to be emptied by its own name.
        row._password, row.is_encrypted = None, False
        row.set_password(fields["password"])
        row.set_extra(fields["extra"])
    done.append(name)


def delete(airflow: Airflow, name: str, done: list[str]) -> None:
    """Dispatch ``connections delete``."""
    airflow.command("connections", "delete", "--", name)
    done.append(name)


def parsed(uri: str) -> dict[str, Any]:
    """Return the fields that this release of Airflow reads from a URI, or the name of the error."""
    from airflow.models import Connection  # noqa: PLC0415

    try:
        row = Connection(uri=uri)
    except Exception as error:  # noqa: BLE001 - whichever it is, the URI is at fault
        return {"error": type(error).__name__}
    return {name: getattr(row, name) for name in ("conn_type", "host", "schema", "login", "password", "port", "extra")}


def known_types() -> list[str]:
    """Return the connection types that Airflow's own command accepts: four without a hook, and those of the hooks."""
    from airflow.providers_manager import ProvidersManager  # noqa: PLC0415

    return sorted({"fs", "mesos_framework-id", "email", "generic", *ProvidersManager().hooks})


def undecryptable() -> list[str]:
    """Return the ids of the connections that the Fernet key in use does not open."""
    from airflow.models import Connection  # noqa: PLC0415
    from airflow.utils.session import create_session  # noqa: PLC0415
    from cryptography.fernet import InvalidToken  # noqa: PLC0415

    names = []
    with create_session() as session:
        for (name,) in session.query(Connection.conn_id).order_by(Connection.conn_id).all():
            try:
                row = session.query(Connection).filter(Connection.conn_id == name).one()
                _ = row.password, row.extra
            except InvalidToken:
                names.append(name)
    return names
