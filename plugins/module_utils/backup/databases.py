"""Restores the dumps of a set into a Postgres in a container.

Each database is restored under a temporary name and compared with the manifest. Then all of them get their names in one
transaction, and the replaced ones names that end with the time of the restore.
"""

from __future__ import annotations

import os
import re
import subprocess
import time
from collections.abc import Callable, Mapping
from typing import Any

from ansible_collections.ansible_airflow.airflow.plugins.module_utils.backup import dump
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.backup.settings import BackupError
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.containers import postgres
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.containers.postgres import PostgresError, Server

Manifest = Mapping[str, Any]

# pg_restore prints these before it connects to the new database. They name the database, unlike the rest of the dump.
CREATE = re.compile(r'^CREATE DATABASE ("(?:[^"]|"")+"|\S+) WITH (.*);$', re.MULTILINE)
ABOUT = re.compile(r"^(?:ALTER DATABASE (?!.* OWNER TO ).*;|(?:GRANT|REVOKE) .* ON DATABASE .*;)$", re.MULTILINE)
# Database to which psql connects while all others are renamed.
APART = "template1"
CLOSE = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{}' AND pid <> pg_backend_pid();"
# Tries to rename databases to which other programs connect again at once.
TRIES = 10
LARGE_OBJECTS = "large objects"


def load(server: Server, manifest: Manifest, directory: str, stamp: str, doing: Callable[[str], None]) -> list[str]:
    """Restore the roles and databases of a set; databases with the same names are renamed and kept.

    Args:
        server: The server. Airflow does not run.
        manifest: The set's manifest.
        directory: Directory of the dumps.
        stamp: Text for the names of replaced databases, the same if the restore is repeated.
        doing: Called before each step, with its name.

    Returns:
        The names of the databases that keep the replaced data.

    Raises:
        BackupError: A restored database differs from the manifest.
        PostgresError: The server or one of its programs fails.
    """
    doing("restoring the roles")
    roles(server, os.path.join(directory, manifest["globals"]["file"]))
    present = set(server.ask(postgres.DATABASES))
    wanted = {
        name: entry
        for name, entry in manifest["databases"].items()
        if replaced_name(name, stamp) not in present and not (is_empty(entry["rows"]) and name in present)
    }
    settings = []
    for name, entry in wanted.items():
        doing(f"restoring database {name}")
        settings += fill(server, name, f"{name}_restoring", entry, directory)
    kept = _exchange(server, list(wanted), stamp)
    for statement in settings:
        server.ask(statement, APART)
    return kept


def is_empty(rows: Mapping[str, int]) -> bool:
    """Return whether a database has no tables and no large objects."""
    return not set(rows) - {LARGE_OBJECTS} and not rows.get(LARGE_OBJECTS)


def roles(server: Server, path: str) -> None:
    """Create the roles of a dump, and give them their passwords and memberships.

    Raises:
        PostgresError: A statement fails for another reason than that the role exists.
    """
    argv = server.argv("psql", "-XqAt", "-U", postgres.USER, "-d", postgres.MAINTENANCE)
    with open(path, "rb") as file:
        done = subprocess.run(argv, stdin=file, capture_output=True, check=False)
    errors = [line for line in done.stderr.decode(errors="replace").splitlines() if "ERROR:" in line]
    # The whole line could contain a password.
    if wrong := [line for line in errors if "already exists" not in line]:
        raise PostgresError(
            f"{server.container}: the roles cannot be restored: {wrong[0].partition('ERROR:')[2].strip()}"
        )
    if done.returncode:
        raise PostgresError(f"{server.container}: the roles cannot be restored: psql exited with {done.returncode}")


def fill(server: Server, name: str, new: str, entry: Mapping[str, Any], directory: str) -> list[str]:
    """Restore a dump to a new database, and compare it with the manifest.

    Args:
        server: The server.
        name: Name of the database in the manifest.
        new: Name of the new database. An earlier one with this name is removed.
        entry: The database's entry of the manifest.
        directory: Directory of the dumps.

    Returns:
        Statements for the settings and privileges of the database itself, which name it by ``name``.

    Raises:
        BackupError: The restored database differs from the manifest.
        PostgresError: The server or one of its programs fails.
    """
    path = os.path.join(directory, entry["file"])
    about = _piped(server, path, "pg_restore", "--create", "--schema-only", "-f", "-")
    created = CREATE.search(about)
    if not created:
        raise PostgresError(f"{path} does not say how database {name} was created.")
    server.ask(f"DROP DATABASE IF EXISTS {quoted(new)} WITH (FORCE)", APART)
    server.ask(f"CREATE DATABASE {quoted(new)} OWNER {quoted(entry['owner'])} {created[2]}", APART)
    # In one transaction, so that a database is never half restored.
    _piped(server, path, "pg_restore", "-U", postgres.USER, "--exit-on-error", "--single-transaction", "-d", new)
    if wrong := differences(server, new, entry):
        raise BackupError(f"database {name} differs from the manifest in {', '.join(wrong)}.")
    # Everything after the dump's own settings is about tables.
    return ABOUT.findall(about)


def differences(server: Server, database: str, entry: Mapping[str, Any]) -> list[str]:
    """Return in which tables a restored database differs from its entry of the manifest, at most five.

    Raises:
        PostgresError: The server does not answer.
    """
    found = dump.rows(server, database)
    wrong = sorted(table for table in {*found, *entry["rows"]} if found.get(table) != entry["rows"].get(table))
    if dump.revision(server, database) != entry["revision"]:
        wrong.insert(0, "the revision of the schema")
    return wrong[:5]


def _exchange(server: Server, names: list[str], stamp: str) -> list[str]:
    """Give the restored databases their names, all at once; return the names of the replaced ones that are kept."""
    present = set(server.ask(postgres.DATABASES, APART))
    kept = {name: replaced_name(name, stamp) for name in names if name in present}
    statements = [f"ALTER DATABASE {quoted(name)} RENAME TO {quoted(new)}" for name, new in kept.items()]
    statements += [f"ALTER DATABASE {quoted(f'{name}_restoring')} RENAME TO {quoted(name)}" for name in names]
    close = "\n".join(
        CLOSE.format(name.replace("'", "''")) for name in [*kept, *(f"{name}_restoring" for name in names)]
    )
    for attempt in range(TRIES):
        try:
            server.ask("\n".join([close, "BEGIN;", *(f"{statement};" for statement in statements), "COMMIT;"]), APART)
            break
        except PostgresError:
            if attempt == TRIES - 1:
                raise
            time.sleep(0.5)
    empty = [new for new in kept.values() if is_empty(dump.rows(server, new))]
    for new in empty:
        server.ask(f"DROP DATABASE {quoted(new)}", APART)
    return [new for new in kept.values() if new not in empty]


def replaced_name(name: str, stamp: str) -> str:
    """Return the name of a database whose data a restore has replaced. Postgres cuts names at 63 bytes."""
    return f"{name[: 63 - len(stamp) - 10]}_replaced_{stamp}"


def quoted(name: str) -> str:
    """Return a name as an SQL identifier."""
    return '"' + name.replace('"', '""') + '"'


def _piped(server: Server, path: str, *words: str) -> str:
    """Run a program in the container with a file as its standard input, and return its output.

    Raises:
        PostgresError: It fails.
    """
    with open(path, "rb") as file:
        done = subprocess.run(server.argv(*words), stdin=file, capture_output=True, check=False)
    if done.returncode:
        complaint = [line for line in done.stderr.decode(errors="replace").splitlines() if line.strip()]
        raise PostgresError(f"{server.container}: {path}: {complaint[0] if complaint else 'pg_restore failed'}")
    return done.stdout.decode(errors="replace")
