"""Moves the data of a Postgres in a container to another major version, through a dump and a new volume.

Two temporary servers without a network do it, so nobody writes meanwhile. The directories of Docker's volumes are
exchanged by renaming, so the data in use always have the same volume, and the old data get a volume of their own. A run
that is interrupted starts over, or, between the two renames, completes them.
"""

from __future__ import annotations

import os

from ansible_collections.ansible_airflow.airflow.plugins.module_utils.containers import postgres
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.containers.deployed import UPGRADE_LABEL
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.containers.docker_command import DockerError
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.containers.postgres import PostgresError, Server
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.containers.postgres_alone import start_alone
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.containers.postgres_servers import Servers

# Free space needed for the new data: a multiple of the old databases, and what an empty server and its log take.
ROOM, EMPTY = 1.2, 3 * 2**29
DATA = "/var/lib/postgresql/data"
# Paths in the new container: the superuser's password, and the socket of the old server.
PASSWORD_FILE, SOCKET = "/run/secrets/postgres_password", "/old"


class Upgrade(Servers):
    """One upgrade on this host."""

    def problems(self) -> list[str]:
        """Return why the upgrade cannot start, one sentence each. Only a running server says everything.

        Raises:
            DockerError: Docker does not answer.
            PostgresError: The old server does not answer.
        """
        volume, found = self.docker.volume(self.wanted.volume), self.found()
        if volume is None or not found:
            return [f"the volume {self.wanted.volume} has no data."]
        place = volume["Mountpoint"]
        if volume["Driver"] != "local" or volume["Options"] or postgres.is_apart(place):
            return [
                f"the volume {self.wanted.volume} is no directory of Docker's own: it has the driver "
                f"{volume['Driver']} and the options {volume['Options'] or 'none'}, or {place} is a link or a mount. "
                "Move its data yourself."
            ]
        if int(found) > int(self.wanted.major):
            return [f"the data are of Postgres {found}, and Postgres {self.wanted.major} cannot load a dump of it."]
        state = self.docker.state(self.wanted.container)
        if not state:
            return [
                f"there is no container {self.wanted.container} that can read the data; run site.yml with an image of "
                f"Postgres {found} first."
            ]
        server = Server(self.docker.path, self.wanted.container)
        return self._problems_of(server, place) if state == "running" else []

    def _problems_of(self, server: Server, place: str) -> list[str]:
        """Return what a server with the old data knows about problems."""
        problems = []
        if spaces := server.ask(postgres.TABLESPACES):
            problems.append(f"tablespaces {', '.join(spaces)} lie outside the volume; move their tables to pg_default.")
        if names := server.ask(postgres.LEFT_OUT):
            problems.append(f"databases {', '.join(names)} are templates or closed, so a dump leaves them out.")
        leftover = self.docker.volume(self.new_volume)
        free = postgres.space(place) + (postgres.used(leftover["Mountpoint"]) if leftover else 0)
        needed = int(float(server.ask(postgres.SIZE)[0]) * ROOM) + EMPTY
        if free < needed:
            problems.append(f"{place} has {free >> 20} MiB free, and the new data need {needed >> 20} MiB.")
        return problems

    def run(self) -> None:
        """Copy the data to a new server, compare them, and exchange the volumes.

        Raises:
            DockerError: A docker command failed.
            OSError: A directory cannot be renamed.
            PostgresError: The copy failed. The old data are in place.
        """
        if not self.is_between():
            self._load()
        self._exchange()
        try:
            self.docker.remove(self.wanted.container)
            os.makedirs(self.docker.directory(self.new_volume), exist_ok=True)
            self.docker.run("volume", "rm", self.new_volume)
            self.docker.remove_volume(self.socket_volume)
        except (DockerError, OSError) as error:
            # The next deployment replaces the container, and the volume is empty.
            self.doing(f"leaving something behind: {error}")

    def _load(self) -> None:
        """Copy the data to the new volume. After a failure the old server runs again."""
        image = self.docker.run("inspect", "--format", "{{.Image}}", self.wanted.container)
        if left := self.clean():
            raise PostgresError(" ".join(left))
        try:
            self._copy(image)
        except (DockerError, PostgresError, OSError) as error:
            raise PostgresError(" ".join([str(error), *self.recover()])) from error

    def _copy(self, image: str) -> None:
        """Copy the data between two servers that nobody else reaches."""
        self.doing("stopping the server")
        self.docker.run("stop", "-t", "120", self.wanted.container)
        self._start(self.old, image, ["--volume", f"{self.wanted.volume}:{DATA}"])
        if found := self._problems_of(self.old, self.docker.directory(self.wanted.volume)):
            raise PostgresError(" ".join(found))
        self._start_new()
        postgres.copy(self.old, self.new, SOCKET, lambda part: self.doing(f"copying {part}"))
        self.doing("comparing the copy")
        if found := postgres.differences(self.old, self.new):
            raise PostgresError(f"the copy differs: {' '.join(found)}")
        for server in (self.new, self.old):
            self.docker.run("stop", "-t", "120", server.container)
            self.docker.remove(server.container)

    def _start_new(self) -> None:
        """Start the new server on the new volume."""
        wanted = self.wanted
        options = ["--volume", f"{self.new_volume}:{DATA}", "--env", f"POSTGRES_PASSWORD_FILE={PASSWORD_FILE}"]
        options += ["--volume", f"{wanted.password_file}:{PASSWORD_FILE}:ro", "--env", "POSTGRES_DB=postgres"]
        options += ["--env", f"POSTGRES_USER={postgres.USER}"]
        if self.old.ask(postgres.OLD_PASSWORDS) != ["0"]:
            # The server accepts both forms then.
            options += ["--env", "POSTGRES_HOST_AUTH_METHOD=md5"]
        self._start(self.new, wanted.image, options, socket=f"{SOCKET}:ro")
        if (major := self.new.ask(postgres.MAJOR)[0]) != wanted.major:
            raise PostgresError(f"{wanted.image} contains Postgres {major}, not {wanted.major}.")

    def _start(self, server: Server, image: str, options: list[str], socket: str = "/var/run/postgresql") -> None:
        """Start a temporary server that only this program reaches, and wait until it answers."""
        self.doing(f"starting {image}")
        alone = ["--label", UPGRADE_LABEL, "--volume", f"{self.socket_volume}:{socket}"]
        start_alone(self.docker, server, image, [*alone, *options], self.wanted.seconds)

    def _exchange(self) -> None:
        """Give the old data a volume of their own, and the new data the volume in use."""
        self.doing("exchanging the volumes")
        current, new = self.docker.directory(self.wanted.volume), self.docker.directory(self.new_volume)
        if postgres.version(current):
            # A rename can replace an empty directory.
            os.rename(current, self.docker.directory(self.docker.run("volume", "create", self.kept)))
        os.rename(new, current)
        os.sync()
