"""Migrates a copy of a database in a temporary Postgres, to prove that an upgrade works and to measure it."""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from ansible_collections.ansible_airflow.airflow.plugins.module_utils.backup import counts, drill
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.containers import postgres
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.containers.docker_command import (
    Docker,
    DockerError,
)
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.containers.postgres import Server
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.containers.postgres_alone import start_alone
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.upgrade import providers, questions
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.upgrade.comparison import deleted, lost
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.upgrade.migration import (
    LOG,
    MODEST,
    ROOM,
    SOCKET,
    MigrationError,
    beside,
)
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.upgrade.reaching import reach
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.upgrade.wanted import Wanted, lines

CONTAINER, MIGRATION = "airflow-upgrade-rehearsal", "airflow-upgrade-migration"
LABEL = "ansible-airflow.rehearsal"
# Seconds until the temporary server answers.
PATIENCE = 300
DATABASE_SIZE = "SELECT pg_database_size(current_database())"
# How a database was created, as words of CREATE DATABASE.
CREATED_WITH = """
SELECT format('ENCODING %L LC_COLLATE %L LC_CTYPE %L', pg_encoding_to_char(encoding), datcollate, datctype)
FROM pg_database WHERE datname = current_database()
"""
# Seconds that the temporary server may live in addition to the limits of the migrations. Then it ends by itself, and
# Docker removes it, although nobody else does after a kill.
LIFE = 4 * 3600


class Rehearsal:
    """One rehearsal on this host.

    Attributes:
        docker: The docker command.
        wanted: What is rehearsed.
        doing: Called with the name of each step.
    """

    def __init__(self, docker: Docker, wanted: Wanted, doing: Callable[[str], None]) -> None:
        self.docker, self.wanted, self.doing = docker, wanted, doing
        self.source, self.copy = Server(docker.path, wanted.container), Server(docker.path, CONTAINER)

    def problems(self) -> list[str]:
        """Return why the rehearsal cannot start, one sentence each.

        Raises:
            DockerError: Docker does not answer.
            PostgresError: The stack's Postgres does not answer.
        """
        wanted, problems = self.wanted, []
        if self.docker.state(wanted.container) != "running":
            return [f"the container {wanted.container} does not run; run site.yml first."]
        if not os.path.isfile(wanted.key_file):
            problems.append(f"{wanted.key_file} is missing; run site.yml first, or restore a backup.")
        # A copy that a killed rehearsal has left takes space until the next one begins.
        if not self.docker.state(CONTAINER):
            problems += self._space()
        return problems + questions.refused(self.source, wanted.database, wanted.steps)

    def _space(self) -> list[str]:
        """Return whether Docker's disk lacks the space for the copy."""
        size = int(self.source.ask(DATABASE_SIZE, self.wanted.database)[0])
        place = self.docker.run("info", "--format", "{{.DockerRootDir}}")
        needed, free = int(size * ROOM) + LOG, postgres.space(place)
        if free >= needed:
            return []
        return [
            f"{place} has {free >> 20} MiB free, and the rehearsal needs {needed >> 20} MiB: {ROOM} times the "
            "database, and 1024 MiB. Make room, or delete old runs with airflow db clean."
        ]

    def run(self) -> dict[str, Any]:
        """Copy the database, migrate the copy, and compare both.

        Returns:
            ``megabytes``, sizes of the copy ``before`` and ``after``; ``seconds``, of the ``copy`` and of the ``steps``
            by release; ``cleaned``, a sentence about old history if it was to be deleted; ``encrypted``,
            how many texts the Fernet key decrypts; ``lost``, sentences about rows that the migrated copy does not have;
            ``warnings``, sentences about connections without a provider; and ``lines``,
            all of this as people read it.

        Raises:
            DockerError: A docker command failed.
            MigrationError: A migration failed.
            PostgresError: A server failed.
        """
        with self._server():
            began = time.monotonic()
            self.doing("copying the database")
            self._copy()
            copied = round(time.monotonic() - began, 1)
            # Now, because the migrations can take hours.
            self.doing("decrypting connections and variables")
            self._encrypted()
            rows, size = counts.rows(self.copy, self.wanted.database), self._size()
            cleaned, rows = self._clean(rows)
            seconds = {str(step["release"]): self._migrate(step) for step in self.wanted.steps if not step["cleans"]}
            self.doing("comparing the copy with the database")
            report = {
                "megabytes": {"before": size, "after": self._size()},
                "seconds": {"copy": copied, "steps": seconds},
                "cleaned": cleaned,
                "encrypted": self._encrypted(),
                "lost": lost(rows, counts.rows(self.copy, self.wanted.database)),
                "warnings": self._unknown(),
            }
            return {**report, "lines": lines(report)}

    @contextlib.contextmanager
    def _server(self) -> Iterator[None]:
        """Run the temporary server during the block."""
        self.clean()
        try:
            self.doing("starting a temporary Postgres")
            image = self.docker.run("inspect", "--format", "{{.Image}}", self.wanted.container)
            life = int(LIFE + self.wanted.seconds * len(self.wanted.steps))
            options = ["--rm", "--label", LABEL, *MODEST, "--volume", SOCKET, "--entrypoint", "timeout"]
            options += ["--env", f"POSTGRES_USER={postgres.USER}", "--env", "POSTGRES_HOST_AUTH_METHOD=trust"]
            options += ["--env", f"POSTGRES_DB={postgres.MAINTENANCE}", "--env", "POSTGRES_INITDB_ARGS=--no-sync"]
            command = ["--signal=INT", str(life), "docker-entrypoint.sh", "postgres"]
            start_alone(self.docker, self.copy, image, options, PATIENCE, *command)
            yield
        finally:
            self.clean()

    def clean(self) -> None:
        """Remove the containers and volumes of this rehearsal, and those that a killed one has left."""
        for name in (MIGRATION, CONTAINER):
            # Docker may be removing it already.
            with contextlib.suppress(DockerError):
                self.docker.remove(name)

    def _copy(self) -> None:
        """Copy the database, without its roles and privileges."""
        name = self.wanted.database
        created = self.source.ask(CREATED_WITH, name)[0]
        self.copy.ask(f'CREATE DATABASE "{name}" TEMPLATE template0 {created}')
        whose = ["--no-owner", "--no-privileges", "--no-tablespaces"]
        postgres.pipe(self.source.argv("pg_dump", "-U", self.source.user, *whose, name), self.copy.psql(name))

    def _migrate(self, step: Mapping[str, Any]) -> float:
        """Run one migration, and return its duration in seconds."""
        wanted = self.wanted
        self.doing(f"{'cleaning' if step['cleans'] else 'migrating'} the copy with Airflow {step['release']}")
        place = beside(CONTAINER, postgres.USER, wanted.database, wanted.key_file, wanted.run_as)
        return reach(self.docker, MIGRATION, self.copy, wanted.database, place=place, step=step, seconds=wanted.seconds)

    def _clean(self, rows: dict[str, int]) -> tuple[str, dict[str, int]]:
        """Delete old history if wanted, and return a sentence about it, and the rows that are left."""
        steps = [step for step in self.wanted.steps if step["cleans"]]
        if not steps:
            return "", rows
        self._migrate(steps[0])
        left = counts.rows(self.copy, self.wanted.database)
        return deleted(rows, left), left

    def _size(self) -> int:
        """Return the size of the copy in MiB."""
        return int(self.copy.ask(DATABASE_SIZE, self.wanted.database)[0]) >> 20

    def _unknown(self) -> list[str]:
        """Return which connections the last release has no provider for."""
        last = self.wanted.steps[-1]
        types = providers.known(self.docker, MIGRATION, last["image"])
        return providers.unknown(providers.used(self.copy, self.wanted.database), types, last["release"])

    def _encrypted(self) -> int:
        """Return how many texts the Fernet key decrypts.

        Raises:
            MigrationError: It does not decrypt all of them.
        """
        with open(self.wanted.key_file, encoding="utf-8") as file:
            keys = file.read()
        texts, wrong = drill.decrypted(self.copy, self.wanted.database, keys)
        if wrong:
            raise MigrationError(
                f"the Fernet key in {self.wanted.key_file} does not decrypt {wrong}: they were saved with another key. "
                "Restore that key, or save them again."
            )
        return texts
