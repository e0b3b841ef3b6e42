"""Migrates a database with the image of an Airflow release, in a container that reaches nothing but this database."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ansible_collections.ansible_airflow.airflow.plugins.module_utils.containers.compose import run_within
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.containers.docker_command import (
    Docker,
    DockerError,
)

# Where containers find the socket of Postgres, and the Fernet key, with which migrations encrypt arguments of triggers.
SOCKET, KEY = "/var/run/postgresql", "/run/fernet_key"
# Under memory pressure, the kernel ends these processes before those of the stack, which also get more CPU time.
MODEST = ("--oom-score-adj", "1000", "--cpu-shares", "128")
# From here on, a database error shows the values of a statement.
STATEMENT = ("[SQL:", "[parameters:", "(Background on this error")


class MigrationError(Exception):
    """A migration failed; the message says which and why."""


@dataclass(frozen=True)
class Place:
    """The database to migrate, and what opens it.

    Attributes:
        database: Name of the database. The server asks for no password on its socket.
        user: Its user.
        server: Container of the server. Its volumes, among them the one with its socket, are mounted.
        key_file: File on the host with the Fernet key.
        run_as: User and group of Airflow's processes.
    """

    database: str
    user: str
    server: str
    key_file: str
    run_as: str


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
        "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": f"postgresql+psycopg2://{place.user}@/{place.database}?host={SOCKET}",
        "AIRFLOW__CORE__FERNET_KEY_CMD": f"cat {KEY}",
        # The image's entrypoint waits for a server at an address otherwise.
        "CONNECTION_CHECK_MAX_COUNT": "0",
    }
    return [
        *(docker.path, "run", "--rm", "--name", container, "--network", "none", "--user", place.run_as, *MODEST),
        # Unlike --volume, --mount does not create what is missing.
        *("--volumes-from", place.server, "--mount", f"type=bind,source={place.key_file},target={KEY},readonly"),
        *(word for name, value in environment.items() for word in ("--env", f"{name}={value}")),
        *(step["image"], "bash", "-c", step["command"]),
    ]


def migrate(docker: Docker, container: str, place: Place, step: Mapping[str, Any], seconds: float) -> None:
    """Run a migration.

    Args:
        docker: The docker command.
        container: Name for its container, which is removed afterwards.
        place: The database.
        step: ``release``, ``image``, ``command`` and ``environment`` of the migration.
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
        raise MigrationError(f"the migration by Airflow {step['release']} failed: {what}.")


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
