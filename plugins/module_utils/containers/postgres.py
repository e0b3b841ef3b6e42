"""A Postgres server in a container: queries, and copies of its databases to another server.

Values pass through standard input and output, never through arguments.
"""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Callable, Sequence
from typing import IO, Optional, cast

# Superuser of the stack's Postgres.
USER = "airflow"
# Database that every server has.
MAINTENANCE = "postgres"

DATABASES = "SELECT datname FROM pg_database WHERE datallowconn AND NOT datistemplate ORDER BY datname"
SIZE = "SELECT sum(pg_database_size(datname)) FROM pg_database"
MAJOR = "SELECT current_setting('server_version_num')::int / 10000"
# Databases that a dump leaves out.
LEFT_OUT = """
SELECT datname FROM pg_database
WHERE datname NOT IN ('template0', 'template1') AND (datistemplate OR NOT datallowconn) ORDER BY datname
"""
# Postgres 14 and later store passwords in another form, but accept this one if the server is told so.
OLD_PASSWORDS = "SELECT count(*) FROM pg_authid WHERE rolpassword LIKE 'md5%'"
TABLESPACES = "SELECT spcname FROM pg_tablespace WHERE spcname NOT IN ('pg_default', 'pg_global') ORDER BY spcname"
# One line for each table with its number of rows, for each sequence with its last value, and for all large objects.
CONTENT = r"""
SELECT format('SELECT %L, count(*) FROM %I.%I', schemaname || '.' || tablename, schemaname, tablename) FROM pg_tables
WHERE schemaname !~ '^pg_' AND schemaname <> 'information_schema' ORDER BY schemaname, tablename \gexec
SELECT schemaname || '.' || sequencename, last_value FROM pg_sequences ORDER BY schemaname, sequencename;
SELECT 'large objects', count(*) FROM pg_largeobject_metadata;
"""


class PostgresError(Exception):
    """A server or a program of it failed; the message says which and why."""


class Server:
    """A server in a running container.

    Attributes:
        container: Name of the container.
        user: User that the programs log in as.
    """

    def __init__(self, docker: str, container: str, user: str = USER) -> None:
        self.docker, self.container, self.user = docker, container, user

    def argv(self, *words: str) -> list[str]:
        """Return the argument list for a program in the container, which can read its standard input."""
        return [self.docker, "exec", "-i", self.container, *words]

    def psql(self, database: str) -> list[str]:
        """Return the argument list of a psql that stops at the first error."""
        return self.argv("psql", "-XqAt", "-v", "ON_ERROR_STOP=1", "-U", self.user, "-d", database)

    def ask(self, query: str, database: str = MAINTENANCE) -> list[str]:
        """Return the lines of an answer.

        Raises:
            PostgresError: The query fails.
        """
        done = subprocess.run(self.psql(database), input=query, capture_output=True, text=True, check=False)
        if done.returncode:
            raise PostgresError(f"{self.container}, database {database}: {_last(done.stderr)}")
        return done.stdout.splitlines()

    def answers(self) -> bool:
        """Return whether the server accepts connections over TCP. The entrypoint's first one, for initdb, does not."""
        argv = self.argv("pg_isready", "-q", "-h", "127.0.0.1", "-U", USER)
        return subprocess.run(argv, capture_output=True, check=False).returncode == 0


def copy(source: Server, target: Server, socket: str, doing: Callable[[str], None]) -> None:
    """Copy all roles and databases to a new server, with the programs of the new version.

    Args:
        source: The server that has them.
        target: A server without databases of its own. It has the superuser already.
        socket: Directory in the target's container with the source's socket.
        doing: Called before each part, with its name.

    Raises:
        PostgresError: A part cannot be read or written.
    """
    doing("roles")
    created = f"CREATE ROLE {USER};\n".encode()
    login = ("-h", socket, "-U", USER)
    pipe(target.argv("pg_dumpall", *login, "--globals-only"), target.psql(MAINTENANCE), without=created)
    for database in source.ask(DATABASES):
        doing(f"database {database}")
        # The maintenance database exists already, but people can have put something in it.
        create = [] if database == MAINTENANCE else ["--create"]
        pipe(target.argv("pg_dump", *login, *create, database), target.psql(MAINTENANCE))


def differences(source: Server, target: Server) -> list[str]:
    """Return in which tables and sequences two servers differ, one sentence each.

    Raises:
        PostgresError: A server does not answer.
    """
    names = source.ask(DATABASES)
    if names != (found := target.ask(DATABASES)):
        return [f"databases {', '.join(names)} became {', '.join(found)}."]
    problems = []
    for name in names:
        before, after = source.ask(CONTENT, name), target.ask(CONTENT, name)
        if before != after:
            changed = sorted(set(before) ^ set(after))
            problems.append(f"database {name} differs in {', '.join(line.split('|')[0] for line in changed[:5])}.")
    return problems


def pipe(source: Sequence[str], target: Sequence[str], without: Optional[bytes] = None) -> None:  # noqa: UP045
    """Give the output of one program to another one.

    Args:
        source: Argument list of the first program.
        target: Argument list of the second one.
        without: Line of the output to leave out. The output is read whole.

    Raises:
        PostgresError: One of the programs fails.
    """
    with (
        subprocess.Popen(source, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as first,
        subprocess.Popen(
            target,
            stdin=subprocess.PIPE if without else first.stdout,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
        ) as second,
    ):
        output = cast("IO[bytes]", first.stdout)
        try:
            given = b"".join(line for line in output if line != without) if without else None
            # Otherwise the first program would not notice the end of the second one.
            output.close()
            said = second.communicate(given)[1]
            complained = cast("IO[bytes]", first.stderr).read()
        except BaseException:
            # Also a signal, which would wait for the end of the copy otherwise.
            first.kill()
            second.kill()
            raise
    if second.returncode:
        raise PostgresError(f"{target[3]}: {_last(said.decode(errors='replace'))}")
    if first.returncode:
        raise PostgresError(f"{source[3]}: {_last(complained.decode(errors='replace'))}")


def version(directory: str) -> str:
    """Return the major version of the data in a directory; an empty string without data."""
    try:
        with open(os.path.join(directory, "PG_VERSION"), encoding="utf-8") as file:
            return file.read().strip()
    except OSError:
        return ""


def space(directory: str) -> int:
    """Return the free bytes of a directory's file system."""
    found = os.statvfs(directory)
    return found.f_bavail * found.f_frsize


def used(directory: str) -> int:
    """Return the bytes that the files below a directory take on the disk."""
    paths = (os.path.join(place, name) for place, _, names in os.walk(directory) for name in names)
    return sum(os.lstat(path).st_blocks * 512 for path in paths)


def is_apart(directory: str) -> bool:
    """Return whether a volume's directory is a link or a mount, so that it cannot be renamed."""
    if not os.path.exists(directory):
        return False
    root = os.path.dirname(os.path.dirname(directory))
    return os.path.islink(directory) or os.stat(directory).st_dev != os.stat(root).st_dev or os.path.ismount(directory)


def _last(text: str) -> str:
    """Return the first error in an error output, or its last line. Other lines can contain parts of a statement."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    errors = [line for line in lines if re.search(r"\b(ERROR|FATAL|error):", line)]
    return (errors or lines[-1:] or ["it failed without a message"])[0]
