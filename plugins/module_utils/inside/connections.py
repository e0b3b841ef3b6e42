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
    """Report all connections, how this Airflow parses some URIs, and which types it does not know.

    Args:
        airflow: Runs Airflow's commands.
        request: ``uris`` by connection id; ``types``, the wanted connection types.
        report: Gets ``objects``, fields by id; ``parsed``, the fields of each URI; ``unknown_types`` and
            ``known_types``; and ``undecryptable``, ids of the connections that cause a decryption error.
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
    # A type already in use counts as known: only a new type is worth the time that looking for hooks takes.
    report["known_types"] = [] if wanted <= used else known_types()
    report["unknown_types"] = [] if wanted <= used else sorted(wanted - used - set(report["known_types"]))


def action_connections_write(airflow: Airflow, request: dict[str, Any], report: dict[str, Any]) -> None:
    """Create, replace and delete connections, then report the current state of the ones that exist.

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
    """Return all connections, keyed by id."""
    text = airflow.command("connections", "export", "-", "--file-format", "json")
    result: dict[str, dict[str, Any]] = json.loads(text)
    return result


def create(airflow: Airflow, connections: dict[str, Any], done: list[str], failed: dict[str, str]) -> None:
    """Import all connections in one call; after an error, import the rest one by one to find the refused ones."""
    if not connections:
        return
    # An error occurs again below, with the id of the connection.
    with contextlib.suppress(Exception, SystemExit):
        import_file(airflow, connections, done)
    for name in [name for name in connections if name not in done]:
        airflow.attempt(name, failed, import_file, airflow, {name: connections[name]}, done)


def import_file(airflow: Airflow, connections: dict[str, Any], done: list[str]) -> None:
    """Run ``connections import``, which commits each connection separately and prints a line for each imported one.

    Raises:
        SystemExit: With Airflow's reason, if it skips a connection; Airflow 2.11 does so if it does not accept the id.
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
    """Update a connection in one transaction: a task that reads it gets the old values or the new ones.

    No command does this: ``connections import`` of Airflow 2.5 skips existing connections.
    """
    from airflow.models import Connection  # noqa: PLC0415
    from airflow.utils.session import create_session  # noqa: PLC0415

    with create_session() as session:
        row = session.query(Connection).filter(Connection.conn_id == name).one()
        for field in ("conn_type", "description", "host", "schema", "login", "port"):
            setattr(row, field, fields[field])
        # Setting the password to None changes nothing in Airflow 2: the column itself has to be cleared.
        row._password, row.is_encrypted = None, False
        row.set_password(fields["password"])
        row.set_extra(fields["extra"])
    done.append(name)


def delete(airflow: Airflow, name: str, done: list[str]) -> None:
    """Run ``connections delete``."""
    airflow.command("connections", "delete", "--", name)
    done.append(name)


def parsed(uri: str) -> dict[str, Any]:
    """Return the fields that this release of Airflow reads from a URI, or the name of the error."""
    from airflow.models import Connection  # noqa: PLC0415

    try:
        row = Connection(uri=uri)
    except Exception as error:  # noqa: BLE001 - any error means that the URI is at fault
        return {"error": type(error).__name__}
    return {name: getattr(row, name) for name in ("conn_type", "host", "schema", "login", "password", "port", "extra")}


def known_types() -> list[str]:
    """Return the connection types that Airflow's own command accepts: four without a hook, and all that have one."""
    from airflow.providers_manager import ProvidersManager  # noqa: PLC0415

    return sorted({"fs", "mesos_framework-id", "email", "generic", *ProvidersManager().hooks})


def undecryptable() -> list[str]:
    """Return the ids of the connections that the Fernet key in use cannot decrypt."""
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
