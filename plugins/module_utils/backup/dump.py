"""Dumps of the databases of a Postgres in a container, each with the number of rows that it holds."""

from __future__ import annotations

import hashlib
import os
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import IO, Any, cast

from ansible_collections.ansible_airflow.airflow.plugins.module_utils.backup.settings import BackupError
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.containers import postgres
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.containers.postgres import PostgresError, Server

GLOBALS = "globals.sql"
# The counts and the dump are of one moment, because both use this transaction's snapshot.
BEGIN = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY;\nSELECT pg_export_snapshot();\n"
# One line for each table with its number of rows. Sequences are left out: they do not follow transactions.
ROWS = r"""
SELECT format('SELECT %L, count(*) FROM %I.%I', schemaname || '.' || tablename, schemaname, tablename) FROM pg_tables
WHERE schemaname NOT IN ('pg_catalog', 'information_schema') ORDER BY schemaname, tablename \gexec
SELECT 'large objects', count(*) FROM pg_largeobject_metadata;
"""
HAS_REVISION = "SELECT to_regclass('public.alembic_version') IS NOT NULL"
REVISION = "SELECT version_num FROM alembic_version"
OWNER = "SELECT pg_get_userbyid(datdba) FROM pg_database WHERE datname = current_database()"
# Free space of the staging directory, as a multiple of the databases' size. A dump has no indexes, so it is smaller.
ROOM = 1.0


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
    size = f"SELECT pg_database_size('{only}')" if only else postgres.SIZE
    _check_space(directory, int(float(server.ask(size, maintenance)[0]) * ROOM))
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


def _check_space(directory: str, needed: int) -> None:
    """Raise BackupError if a directory has less free space than is needed, in bytes."""
    if (free := postgres.space(directory)) < needed:
        raise BackupError(
            f"{directory} has {free >> 20} MiB free, and the dumps can need {needed >> 20} MiB. Free space, or mount "
            f"another disk at {os.path.dirname(directory)}."
        )


def _database(server: Server, name: str, path: str) -> dict[str, Any]:
    """Dump a database, and return its entry of the manifest."""
    with _session(server, name) as (ask, snapshot):
        # Not compressed: restic compresses, and finds what has not changed since the last backup.
        words = ("pg_dump", "-U", server.user, "-Fc", "-Z0", f"--snapshot={snapshot}", name)
        _write(server.argv(*words), path, f"the dump of database {name}")
        said = ask(ROWS)
    with open(path, "rb") as file:
        done = subprocess.run(server.argv("pg_restore", "--list"), stdin=file, capture_output=True, check=False)
    if done.returncode:
        raise BackupError(f"the dump of database {name} cannot be read: {done.stderr.decode(errors='replace').strip()}")
    rows = {table: int(count) for table, _, count in (line.rpartition("|") for line in said)}
    return {**described(path), "rows": rows, "owner": server.ask(OWNER, name)[0], "revision": revision(server, name)}


def revision(server: Server, database: str) -> str:
    """Return the revision of Airflow's schema in a database; an empty string if it has none.

    Raises:
        PostgresError: The server does not answer.
    """
    return server.ask(REVISION, database)[0] if server.ask(HAS_REVISION, database) == ["t"] else ""


def rows(server: Server, database: str) -> dict[str, int]:
    """Return the number of rows of each table of a database.

    Raises:
        PostgresError: The server does not answer.
    """
    lines = (line.rpartition("|") for line in server.ask(ROWS, database))
    return {table: int(count) for table, _, count in lines}


def described(path: str) -> dict[str, Any]:
    """Return the name, size and SHA-256 of a file."""
    digest = hashlib.sha256()
    with open(path, "rb") as file:
        while block := file.read(1 << 20):
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
        A function that ends the transaction with queries and returns the lines of their answers; and the transaction's
        snapshot.

    Raises:
        PostgresError: The server does not answer.
    """
    psql = subprocess.Popen(
        server.psql(database), stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    with psql:
        questions, answers = cast("IO[str]", psql.stdin), cast("IO[str]", psql.stdout)

        def ask(queries: str) -> list[str]:
            said, complaint = psql.communicate(queries)
            if psql.returncode:
                raise PostgresError(f"{server.container}, database {database}: {complaint.strip()}")
            return said.splitlines()

        try:
            questions.write(BEGIN)
            questions.flush()
            if not (snapshot := answers.readline().strip()):
                raise PostgresError(f"{server.container}, database {database}: {ask('') or 'no answer'}")
            yield ask, snapshot
        finally:
            if psql.poll() is None:
                psql.kill()


def _write(argv: list[str], path: str, what: str) -> None:
    """Write the output of a program to a new file that only root can read.

    Raises:
        PostgresError: The program fails.
        OSError: The file cannot be written.
    """
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        with subprocess.Popen(argv, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as program:
            output = cast("IO[bytes]", program.stdout)
            try:
                while block := output.read(1 << 20):
                    file.write(block)
            except OSError:
                program.kill()
                raise
            complaint = cast("IO[bytes]", program.stderr).read().decode(errors="replace").strip()
        file.flush()
        os.fsync(descriptor)
    if program.returncode:
        raise PostgresError(f"{what} failed with exit code {program.returncode}: {complaint or 'without a message'}")
