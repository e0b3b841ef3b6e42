"""Migrates a database with the image of an Airflow release, in a container of its own."""

from __future__ import annotations

import contextlib
import glob
import os
import shutil
import tempfile
import urllib.parse
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ansible_collections.ansible_airflow.airflow.plugins.module_utils.containers.compose import run_within
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.containers.docker_command import (
    Docker,
    DockerError,
)
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.host import atomic

# Where containers find the socket of a server, the Fernet key, with which migrations encrypt arguments of triggers, and
# the file with the address of the stack's database and its password.
SOCKET, KEY, ADDRESS = "/var/run/postgresql", "/run/fernet_key", "/run/sql_alchemy_conn"
# Free space that a copy of a database and its migrations need: the copy, and the tables that migrations write anew,
# as a multiple of the database; and the server's log, in bytes.
ROOM, LOG = 3.5, 2**30
# The volume of the stack's Postgres.
VOLUME = "airflow_postgres_data"
# Directory in memory, for a file with an address.
PLACE_OF_ADDRESSES, PREFIX = "/run", "airflow-upgrade-"
# Under memory pressure, the kernel ends these processes before those of the stack, which also get more CPU time.
MODEST = ("--oom-score-adj", "1000", "--cpu-shares", "128")
# From here on, a database error shows the values of a statement.
STATEMENT = ("[SQL:", "[parameters:", "(Background on this error")

# Options of a migration in the modules that run it, as the filter airflow_upgrade returns them.
STEP = {
    "release": {"type": "str", "required": True},
    "image": {"type": "str", "required": True},
    "command": {"type": "str", "required": True},
    "environment": {"type": "dict", "default": {}},
    "revision": {"type": "str", "required": True},
    "cleans": {"type": "bool", "default": False},
}


class MigrationError(Exception):
    """A migration failed; the message says which and why."""


@dataclass(frozen=True)
class Place:
    """The database to migrate, and what opens it.

    Attributes:
        options: Options of ``docker run`` for a container that reaches the database.
        environment: How Airflow finds the database.
        key_file: File on the host with the Fernet key.
        run_as: User and group of Airflow's processes.
    """

    options: Sequence[str]
    environment: Mapping[str, str]
    key_file: str
    run_as: str


def beside(container: str, user: str, database: str, key_file: str, run_as: str) -> Place:
    """Return a database on a temporary server. Its migrations reach nothing else.

    Args:
        container: Container of the server. Its volumes, among them the one with its socket, are mounted.
        user: User of the database. The server asks for no password on its socket.
        database: Name of the database.
        key_file: File on the host with the Fernet key.
        run_as: User and group of Airflow's processes.
    """
    address = f"postgresql+psycopg2://{user}@/{database}?host={SOCKET}"
    options = ("--network", "none", *MODEST, "--volumes-from", container)
    return Place(options, {"AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": address}, key_file, run_as)


def in_stack(network: str, address_file: str, ca_directory: str, key_file: str, run_as: str) -> Place:
    """Return a database of the stack's Postgres on this host.

    Args:
        network: Docker network of the stack.
        address_file: File on the host with the address of the database and its password; see `address`.
        ca_directory: Directory on the host with the CA certificates that the address names.
        key_file: File on the host with the Fernet key.
        run_as: User and group of Airflow's processes.
    """
    mounts = [(address_file, ADDRESS)]
    if os.path.isdir(ca_directory):
        mounts.append((ca_directory, ca_directory))
    options = ("--network", network, *(word for mount in mounts for word in _mount(*mount)))
    return Place(options, {"AIRFLOW__DATABASE__SQL_ALCHEMY_CONN_CMD": f"cat {ADDRESS}"}, key_file, run_as)


@contextlib.contextmanager
def address(secret: str, database: str, run_as: str) -> Iterator[str]:
    """Provide a file with the address of another database on the server of a secret, which only its reader may read.

    Args:
        secret: File on the host with the address of Airflow's database.
        database: Name of the other database.
        run_as: User and group of the reader, ``UID:GID``.

    Raises:
        OSError: The secret cannot be read.
    """
    with open(secret, encoding="utf-8") as file:
        parts = urllib.parse.urlsplit(file.read().strip())
    # Those of modules that were killed. The caller's lock admits one at a time.
    for left in glob.glob(os.path.join(PLACE_OF_ADDRESSES, f"{PREFIX}*", "")):
        shutil.rmtree(left)
    # Only root enters it.
    with tempfile.TemporaryDirectory(prefix=PREFIX, dir=PLACE_OF_ADDRESSES) as directory:
        path = os.path.join(directory, "sql_alchemy_conn")
        atomic.write(path, parts._replace(path=f"/{database}").geturl(), 0o400, int(run_as.partition(":")[0]))
        yield path


def _mount(source: str, target: str) -> tuple[str, str]:
    """Return the words that mount a file or directory, which, unlike --volume, do not create what is missing."""
    return "--mount", f"type=bind,source={source},target={target},readonly"


def argv(docker: Docker, container: str, place: Place, step: Mapping[str, Any]) -> list[str]:
    """Return the command line of a migration.

    Args:
        docker: The docker command.
        container: Name for its container.
        place: The database.
        step: ``image``, ``command`` and ``environment`` of the migration.
    """
    environment = {
        **step["environment"],
        **place.environment,
        "AIRFLOW__CORE__FERNET_KEY_CMD": f"cat {KEY}",
        # The image's entrypoint waits for a server at an address otherwise.
        "CONNECTION_CHECK_MAX_COUNT": "0",
    }
    return [
        *(docker.path, "run", "--rm", "--name", container, "--user", place.run_as, *place.options),
        *_mount(place.key_file, KEY),
        *(word for name, value in environment.items() for word in ("--env", f"{name}={value}")),
        *(step["image"], "bash", "-c", step["command"]),
    ]


def migrate(docker: Docker, container: str, place: Place, step: Mapping[str, Any], seconds: float) -> None:
    """Run a migration.

    Args:
        docker: The docker command.
        container: Name for its container, which is removed afterwards.
        place: The database.
        step: ``release``, ``image``, ``command`` and ``environment`` of the migration; ``cleans``, whether it deletes
            old history instead.
        seconds: Time limit.

    Raises:
        MigrationError: It failed, or took too long.
    """
    docker.remove(container)
    try:
        code, out, err = run_within(argv(docker, container, place, step), seconds, "")
    finally:
        with contextlib.suppress(DockerError):
            docker.remove(container)
    if code:
        what = cause(out + err, code)
        if "did not finish within" in what:
            what += " (airflow_migration_timeout)"
        name = "deletion of old history" if step["cleans"] else "migration"
        raise MigrationError(f"the {name} by Airflow {step['release']} failed: {what}.")


def cause(output: str, code: int) -> str:
    """Return the line of a failed migration's output that explains it, without values of a statement.

    Args:
        output: What the migration has written.
        code: Its exit code.
    """
    lines = [_before(line.strip()) for line in output.splitlines()]
    lines = [line for line in lines if line]
    # The error of the database is above the traces of the functions that passed it on.
    errors = [line for line in lines if "psycopg2.errors." in line or line.startswith(("ERROR", "airflow.exceptions"))]
    return (errors[:1] or lines[-1:] or [f"exit code {code} without output"])[0].rstrip(".")


def _before(line: str) -> str:
    """Return the part of a line before the values of a statement."""
    for word in STATEMENT:
        line = line.partition(word)[0]
    return line.strip()
