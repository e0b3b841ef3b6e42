"""Dumps of the databases of a Postgres in a container, each with the number of rows that it holds."""

from __future__ import annotations

import hashlib
import os
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import IO, Any, cast

from ansible_collections.ansible_airflow.airflow.plugins.module_utils.backup import counts, space
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.backup.settings import BackupError
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.containers import postgres
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.containers.postgres import PostgresError, Server

GLOBALS = "globals.sql"
# The counts and the dump are of one moment, because both use this transaction's snapshot.
BEGIN = """
SET statement_timeout = 0;
SET idle_in_transaction_session_timeout = 0;
BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY;
SELECT pg_export_snapshot();
"""
OWNER = "SELECT pg_get_userbyid(datdba) FROM pg_database WHERE datname = current_database()"
# Ends an answer in a session that stays open.
END = "end of the answer"
# Tries to dump a database, in which tables can vanish before they are locked.
TRIES = 3
# Bytes between two looks at the free space.
BLOCK = 1 << 20


def dump(server: Server, directory: str, doing: Callable[[str], None], only: str = "") -> dict[str, Any]:
    """Dump all roles and databases of a server to files, and check that each dump can be read.

    Args:
        server: The server.
        directory: An empty directory.
        doing: Called before each part, with its name.
        only: Name of the database to dump, without the roles; by default all databases.

    Returns:
        For the manifest: ``postgres``, the server's major version; ``globals``, the file with the roles; and
        ``databases``, by name.

    Raises:
        BackupError: There is not enough space, or a dump cannot be read.
        PostgresError: The server or one of its programs fails.
        OSError: A file cannot be written.
    """
    maintenance = only or postgres.MAINTENANCE
    size = "SELECT pg_database_size(current_database())" if only else postgres.SIZE
    # A dump has no indexes, but values that the database stores compressed are larger in it; see also _write.
    space.demand(directory, int(float(server.ask(size, maintenance)[0])), "the dumps")
    described_globals: dict[str, Any] = {}
    if not only:
        doing("dumping the roles")
        path = os.path.join(directory, GLOBALS)
        _write(server.argv("pg_dumpall", "-U", server.user, "--globals-only"), path, "the dump of the roles")
        described_globals = described(path)
    found: dict[str, Any] = {}
    for name in [only] if only else server.ask(postgres.DATABASES):
        doing(f"dumping database {name}")
        found[name] = _database(server, name, os.path.join(directory, f"{len(found)}.dump"))
    major = server.ask(postgres.MAJOR, maintenance)[0]
    return {"postgres": major, "globals": described_globals, "databases": found}


def dump_of_none() -> dict[str, Any]:
    """Return the same entries for a backup without databases: another host has them, or people excluded them."""
    return {"postgres": 0, "globals": {}, "databases": {}}


def _database(server: Server, name: str, path: str) -> dict[str, Any]:
    """Dump a database, and return its entry of the manifest."""
    for attempt in range(TRIES):
        try:
            said = _dump(server, name, path)
            break
        except PostgresError:
            if attempt == TRIES - 1:
                raise
            time.sleep(1)
    with open(path, "rb") as file:
        done = subprocess.run(server.argv("pg_restore", "--list"), stdin=file, capture_output=True, check=False)
    if done.returncode:
        raise BackupError(f"the dump of database {name} cannot be read: {done.stderr.decode(errors='replace').strip()}")
    return {
        **described(path),
        "rows": counts.parsed(said),
        "objects": counts.objects(server, name),
        "owner": server.ask(OWNER, name)[0],
        "revision": counts.revision(server, name),
    }


def _dump(server: Server, name: str, path: str) -> list[str]:
    """Dump a database, and return the lines with its rows by table."""
    with _session(server, name) as (ask, snapshot):
        # Counting locks the tables against removal, like the dump.
        said = ask(counts.ROWS)
        # Not compressed: restic compresses, and finds what has not changed since the last backup.
        words = ("pg_dump", "-U", server.user, "-Fc", "-Z0", f"--snapshot={snapshot}", name)
        _write(server.argv(*words), path, f"the dump of database {name}")
    return said


def described(path: str) -> dict[str, Any]:
    """Return the name, size and SHA-256 of a file."""
    digest = hashlib.sha256()
    with open(path, "rb") as file:
        while block := file.read(BLOCK):
            digest.update(block)
        size = file.tell()
    return {"file": os.path.basename(path), "bytes": size, "sha256": digest.hexdigest()}


@contextmanager
def _session(server: Server, database: str) -> Iterator[tuple[Callable[[str], list[str]], str]]:
    """Hold a transaction open.

    Args:
        server: The server.
        database: Name of the database.

    Yields:
        A function that asks queries in the transaction, and returns the lines of their answers; and the transaction's
        snapshot.

    Raises:
        PostgresError: The server does not answer.
    """
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    with subprocess.Popen(server.psql(database), text=True, **pipes) as psql:  # type: ignore[call-overload]

        def ask(queries: str) -> list[str]:
            psql.stdin.write(f"{queries}\n\\echo {END}\n")
            psql.stdin.flush()
            lines: list[str] = []
            for line in psql.stdout:
                if line.rstrip("\n") == END:
                    return lines
                lines.append(line.rstrip("\n"))
            raise PostgresError(f"{server.container}, database {database}: {psql.stderr.read().strip()}")

        try:
            yield ask, ask(BEGIN)[0]
        finally:
            psql.kill()


def _write(argv: list[str], path: str, what: str) -> None:
    """Write the output of a program to a new file that only root can read.

    Raises:
        BackupError: There is not enough space.
        PostgresError: The program fails.
        OSError: The file cannot be written.
    """
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        with subprocess.Popen(argv, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as program:
            output = cast("IO[bytes]", program.stdout)
            try:
                while block := output.read(BLOCK):
                    space.demand(os.path.dirname(path), len(block), what)
                    file.write(block)
            except (OSError, BackupError):
                program.kill()
                raise
            complaint = cast("IO[bytes]", program.stderr).read().decode(errors="replace").strip()
        file.flush()
        os.fsync(descriptor)
    if program.returncode:
        raise PostgresError(f"{what} failed with exit code {program.returncode}: {complaint or 'without a message'}")
