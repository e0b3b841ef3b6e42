"""Moves the data of a Postgres in a container to another major version, through a dump and a new volume.

The directories of Docker's volumes are exchanged by renaming, so the data in use always have the same volume, and the
old data get a volume of their own. A run that is interrupted starts over, or, between the two renames, completes them.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from dataclasses import dataclass

from ansible_collections.ansible_airflow.airflow.plugins.module_utils.containers.docker_command import Docker
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.containers.postgres import (
    MAJOR,
    SIZE,
    TABLESPACES,
    USER,
    PostgresError,
    Server,
    copy,
    differences,
    space,
    version,
)

# Free space needed for the new data, as a multiple of the old databases.
ROOM = 1.2
# Suffix of the volume and the container that exist only during the upgrade.
NEW = "_new"
# Path in the new container.
PASSWORD_FILE = "/run/secrets/postgres_password"  # noqa: S105  # a path


@dataclass(frozen=True)
class Wanted:
    """What an upgrade is to reach.

    Attributes:
        container: Container of the old server.
        volume: Volume of the data.
        image: Image of the new server.
        major: Its major version.
        password_file: File with the superuser's password.
        seconds: How long to wait until a server answers.
    """

    container: str
    volume: str
    image: str
    major: str
    password_file: str
    seconds: int


class Upgrade:
    """One upgrade on this host.

    Attributes:
        docker: The docker command.
        wanted: What the upgrade is to reach.
        doing: Called with the name of each step.
    """

    def __init__(self, docker: Docker, wanted: Wanted, doing: Callable[[str], None]) -> None:
        self.docker, self.wanted, self.doing = docker, wanted, doing
        self.new_volume, self.new_container = wanted.volume + NEW, wanted.container + NEW
        self.old, self.new = Server(docker.path, wanted.container), Server(docker.path, self.new_container)

    def found(self) -> str:
        """Return the major version of the data in the volume; an empty string without data."""
        volume = self.docker.volume(self.wanted.volume)
        return version(volume["Mountpoint"]) if volume else ""

    def is_between(self) -> bool:
        """Return whether an earlier run ended between the two renames."""
        volume, new = (self.docker.volume(name) for name in (self.wanted.volume, self.new_volume))
        return bool(volume and new and not self.found() and version(new["Mountpoint"]) == self.wanted.major)

    def problems(self) -> list[str]:
        """Return why the upgrade cannot start, one sentence each. Only a running server says everything.

        Raises:
            DockerError: Docker does not answer.
            PostgresError: The old server does not answer.
        """
        volume, found = self.docker.volume(self.wanted.volume), self.found()
        if volume is None or not found:
            return [f"the volume {self.wanted.volume} has no data."]
        if volume["Driver"] != "local" or volume["Options"]:
            return [
                f"the volume {self.wanted.volume} is no directory of Docker's own: it has the driver "
                f"{volume['Driver']} and the options {volume['Options'] or 'none'}. Move its data yourself."
            ]
        if int(found) > int(self.wanted.major):
            return [f"the data are of Postgres {found}, and Postgres {self.wanted.major} cannot load a dump of it."]
        state = self.docker.state(self.wanted.container)
        if not state:
            return [
                f"there is no container {self.wanted.container} that can read the data; run site.yml with an image of "
                f"Postgres {found} first."
            ]
        return self._problems_of_the_server(volume["Mountpoint"]) if state == "running" else []

    def _problems_of_the_server(self, directory: str) -> list[str]:
        """Return what the old server knows about problems."""
        problems = []
        if spaces := self.old.ask(TABLESPACES):
            problems.append(f"tablespaces {', '.join(spaces)} lie outside the volume; move their tables to pg_default.")
        needed, free = int(float(self.old.ask(SIZE)[0]) * ROOM), space(directory)
        if free < needed:
            problems.append(f"{directory} has {free >> 20} MiB free, and the new data need {needed >> 20} MiB.")
        return problems

    def run(self, kept: str) -> None:
        """Copy the data to a new server, compare them, and exchange the volumes.

        Args:
            kept: Name of the volume that keeps the old data.

        Raises:
            DockerError: A docker command failed.
            OSError: A directory cannot be renamed.
            PostgresError: The copy failed. The old data are in place.
        """
        if not self.is_between():
            self._load()
        self._exchange(kept)
        self.docker.remove(self.wanted.container)
        self.docker.run("volume", "rm", self.new_volume)

    def _load(self) -> None:
        """Copy the data to the new volume."""
        if self.docker.state(self.wanted.container) != "running":
            self.docker.run("start", self.wanted.container)
        self._wait(self.old)
        if found := self.problems():
            raise PostgresError(" ".join(found))
        self.docker.remove(self.new_container)
        if self.docker.volume(self.new_volume):
            self.docker.run("volume", "rm", self.new_volume)
        try:
            self._start_new()
            copy(self.old, self.new, lambda part: self.doing(f"copying {part}"))
            self.doing("comparing the copy")
            if found := differences(self.old, self.new):
                raise PostgresError(f"the copy differs: {' '.join(found)}")
            self.docker.run("stop", "--time", "120", self.new_container)
        finally:
            self.docker.remove(self.new_container)

    def _start_new(self) -> None:
        """Start the new server, which only this program reaches."""
        wanted = self.wanted
        self.docker.run("volume", "create", self.new_volume)
        options = ["--volume", f"{self.new_volume}:/var/lib/postgresql/data", "--network", "none", "--shm-size", "128m"]
        options += [
            "--volume",
            f"{wanted.password_file}:{PASSWORD_FILE}:ro",
            "--env",
            f"POSTGRES_PASSWORD_FILE={PASSWORD_FILE}",
        ]
        options += ["--env", f"POSTGRES_USER={USER}", "--env", "POSTGRES_DB=postgres"]
        self.doing(f"starting {wanted.image}")
        self.docker.run("run", "--detach", "--name", self.new_container, *options, wanted.image)
        self._wait(self.new)
        if (major := self.new.ask(MAJOR)[0]) != wanted.major:
            raise PostgresError(f"{wanted.image} contains Postgres {major}, not {wanted.major}.")

    def _wait(self, server: Server) -> None:
        """Wait until a server answers."""
        until = time.monotonic() + self.wanted.seconds
        while not server.answers():
            if time.monotonic() > until:
                tail = self.docker.run("logs", "--tail", "3", server.container)
                raise PostgresError(f"{server.container} does not answer after {self.wanted.seconds} s. {tail}")
            time.sleep(0.5)

    def _exchange(self, kept: str) -> None:
        """Give the old data a volume of their own, and the new data the volume in use."""
        if self.docker.state(self.wanted.container):
            self.doing("stopping the old server")
            self.docker.run("stop", "--time", "120", self.wanted.container)
        self.doing("exchanging the volumes")
        current, new = self.docker.directory(self.wanted.volume), self.docker.directory(self.new_volume)
        if version(current):
            # A rename can replace an empty directory.
            os.rename(current, self.docker.directory(self.docker.run("volume", "create", kept)))
        os.rename(new, current)
        # Docker expects the directory of a volume.
        os.mkdir(new)
        os.sync()
