"""Restores the dumps of a set into a Postgres in a container.

Each database is restored under a temporary name and compared with the manifest. Then all of them get their names in one
transaction, and the replaced ones names that end with the time of the restore.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import subprocess
import time
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from ansible_collections.ansible_airflow.airflow.plugins.module_utils.backup import archive, counts
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.backup.settings import BackupError
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.containers import postgres
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.containers.postgres import PostgresError, Server

Manifest = Mapping[str, Any]

# Database to which psql connects while all others are renamed.
APART = "template1"
CLOSE = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = {} AND pid <> pg_backend_pid();"
# Tries to rename databases to which other programs connect again at once.
TRIES = 10
# Bytes of a name at most; Postgres cuts longer ones.
NAME_BYTES = 63


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
    # A dump of an external server has no roles, so its owners and privileges are not restored.
    has_roles = bool(manifest["globals"])
    if has_roles:
        doing("restoring the roles")
        roles(server, os.path.join(directory, manifest["globals"]["file"]))
    wanted = _missing(server, manifest, stamp)
    for name in wanted:
        doing(f"restoring database {name}")
        fill(server, name, manifest["databases"][name], directory, has_roles)
    kept = _exchange(server, wanted, stamp)
    # For all databases, because an earlier restore may have ended after it exchanged them.
    for entry in manifest["databases"].values() if has_roles else ():
        archive.apply_properties(server, os.path.join(directory, entry["file"]), APART)
    return kept


def _missing(server: Server, manifest: Manifest, stamp: str) -> list[str]:
    """Return the databases to restore, without the ones that an interrupted restore has already exchanged."""
    present = set(server.ask(postgres.DATABASES))
    return [
        name
        for name, entry in manifest["databases"].items()
        if replaced_name(name, stamp) not in present
        and not (not entry["objects"] and name in present and not counts.objects(server, name))
    ]


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
    wrong = [line.partition("ERROR:")[2].strip() for line in errors if "already exists" not in line]
    if wrong or done.returncode:
        cause = wrong[0] if wrong else f"psql exited with {done.returncode}"
        raise PostgresError(f"{server.container}: the roles cannot be restored: {cause}")


def fill(server: Server, name: str, entry: Mapping[str, Any], directory: str, has_roles: bool) -> None:
    """Restore a dump to a database with a temporary name, and compare it with the manifest.

    Args:
        server: The server.
        name: Name of the database in the manifest.
        entry: The database's entry of the manifest.
        directory: Directory of the dumps.
        has_roles: Whether owners and privileges are restored as well.

    Raises:
        BackupError: The restored database differs from the manifest.
        PostgresError: The server or one of its programs fails.
    """
    path, new = os.path.join(directory, entry["file"]), temporary_name(name)
    owner = entry["owner"] if has_roles else postgres.USER
    server.ask(f"{CLOSE.format(literal(new))}\nDROP DATABASE IF EXISTS {quoted(new)}", APART)
    server.ask(f"CREATE DATABASE {quoted(new)} OWNER {quoted(owner)} {archive.created_with(server, path)}", APART)
    archive.restore(server, path, new, has_roles)
    if wrong := differences(server, new, entry):
        raise BackupError(f"database {name} differs from the manifest in {', '.join(wrong)}.")


def differences(server: Server, database: str, entry: Mapping[str, Any]) -> list[str]:
    """Return in which tables a restored database differs from its entry of the manifest, at most five.

    Raises:
        PostgresError: The server does not answer.
    """
    found = counts.rows(server, database)
    wrong = sorted(table for table in {*found, *entry["rows"]} if found.get(table) != entry["rows"].get(table))
    if counts.revision(server, database) != entry["revision"]:
        wrong.insert(0, "the revision of the schema")
    return wrong[:5]


def _exchange(server: Server, names: list[str], stamp: str) -> list[str]:
    """Give the restored databases their names, all at once; return the names of the replaced ones that are kept."""
    present = set(server.ask(postgres.DATABASES, APART))
    kept = {name: replaced_name(name, stamp) for name in names if name in present}
    rename(server, [*kept.items(), *((temporary_name(name), name) for name in names)])
    # Only databases in which nobody has created anything.
    empty = [new for new in kept.values() if not counts.objects(server, new)]
    for new in empty:
        server.ask(f"DROP DATABASE {quoted(new)}", APART)
    return [new for new in kept.values() if new not in empty]


def rename(server: Server, names: Iterable[tuple[str, str]]) -> None:
    """Rename databases in one transaction, after their connections were ended.

    Args:
        server: The server.
        names: Present and new name of each database, in the order of the renames.

    Raises:
        PostgresError: The server fails, or other programs connect again and again.
    """
    pairs = list(names)
    statements = [f"ALTER DATABASE {quoted(name)} RENAME TO {quoted(new)};" for name, new in pairs]
    insist(server, [name for name, _ in pairs], "\n".join(["BEGIN;", *statements, "COMMIT;"]))


def insist(server: Server, names: Iterable[str], statement: str) -> None:
    """Execute a statement that fails while others are connected to databases, whose connections are ended before.

    Args:
        server: The server.
        names: The databases.
        statement: One or more SQL statements.

    Raises:
        PostgresError: The server fails, or other programs connect again and again.
    """
    close = [CLOSE.format(literal(name)) for name in names]
    for _ in range(TRIES - 1):
        with contextlib.suppress(PostgresError):
            server.ask("\n".join([*close, statement]), APART)
            return
        time.sleep(0.5)
    server.ask("\n".join([*close, statement]), APART)


def temporary_name(name: str) -> str:
    """Return the name of a database while it is restored."""
    return f"restoring_{hashlib.sha256(name.encode()).hexdigest()[:16]}"


def replaced_name(name: str, stamp: str) -> str:
    """Return the name of a database whose data a restore has replaced."""
    found = f"{name}_replaced_{stamp}"
    if len(found.encode()) <= NAME_BYTES:
        return found
    # Names that begin alike must differ.
    end = f"_{hashlib.sha256(name.encode()).hexdigest()[:8]}_replaced_{stamp}"
    return name.encode()[: NAME_BYTES - len(end)].decode(errors="ignore") + end


def quoted(name: str) -> str:
    """Return a name as an SQL identifier."""
    return '"' + name.replace('"', '""') + '"'


def literal(text: str) -> str:
    """Return a text as an SQL literal."""
    return "'" + text.replace("'", "''") + "'"
