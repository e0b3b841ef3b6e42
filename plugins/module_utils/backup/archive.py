"""What pg_restore does with a dump. The dump can be of a database whose owner is no superuser.

So no text of it may reach a superuser's session except the statements that pg_dump itself has made for the database.
"""

from __future__ import annotations

import re
import subprocess

from ansible_collections.ansible_airflow.airflow.plugins.module_utils.containers import postgres
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.containers.postgres import PostgresError, Server

# Lines of pg_restore --create --list: two numbers, two object ids, the kind of the entry, its schema and its name.
OF_DATABASE = re.compile(r"\d+; \d+ \d+ (?:DATABASE(?: PROPERTIES)? - |(?:ACL|COMMENT|SECURITY LABEL) - DATABASE )")
CREATE = re.compile(r'^CREATE DATABASE (?:"(?:[^"]|"")+"|\S+) WITH (.*);$', re.MULTILINE)
# Runs pg_restore with a dump on standard input and the wanted entries in an argument.
SELECTED = """
list=$(mktemp) && printf '%s\\n' "$1" >"$list" && pg_restore --create -L "$list" -f -
code=$?
rm -f "$list"
exit $code
"""


def created_with(server: Server, path: str) -> str:
    """Return the options with which the database of a dump was created: encoding and locale.

    Raises:
        PostgresError: The dump does not say it.
    """
    found = CREATE.search(_about(server, path))
    if not found:
        raise PostgresError(f"{path} does not say how its database was created.")
    return found[1]


def apply_properties(server: Server, path: str, database: str) -> None:
    """Give the database of a dump its settings and privileges.

    Args:
        server: The server.
        path: The dump.
        database: Another database, to connect to.

    Raises:
        PostgresError: A statement fails.
    """
    # The database exists.
    server.ask(CREATE.sub("", _about(server, path), count=1), database)


def restore(server: Server, path: str, database: str, has_roles: bool) -> None:
    """Restore a dump into an empty database.

    Args:
        server: The server.
        path: The dump.
        database: Name of the database.
        has_roles: Whether owners and privileges are restored as well.

    Raises:
        PostgresError: It fails.
    """
    plain = () if has_roles else ("--no-owner", "--no-privileges")
    _piped(server, path, "pg_restore", "-U", postgres.USER, "--exit-on-error", *plain, "-d", database)


def _about(server: Server, path: str) -> str:
    """Return the statements of a dump for the database itself."""
    listed = _piped(server, path, "pg_restore", "--create", "--list").splitlines()
    wanted = "\n".join(line for line in listed if OF_DATABASE.match(line))
    return _piped(server, path, "sh", "-c", SELECTED, "sh", wanted)


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
