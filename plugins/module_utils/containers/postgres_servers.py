"""The servers and volumes of an upgrade of Postgres, and the leftovers of an interrupted upgrade."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial

from ansible_collections.ansible_airflow.airflow.plugins.module_utils.containers import postgres
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.containers.docker_command import (
    Docker,
    DockerError,
)


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


class Servers:
    """The servers and volumes of one upgrade on this host.

    Attributes:
        docker: The docker command.
        wanted: What the upgrade is to reach.
        doing: Called with the name of each step.
        kept: Volume that keeps the old data.
    """

    def __init__(self, docker: Docker, wanted: Wanted, doing: Callable[[str], None]) -> None:
        self.docker, self.wanted, self.kept, self.doing = docker, wanted, "", doing
        self.new_volume, self.socket_volume = f"{wanted.volume}_new", f"{wanted.volume}_socket"
        names = (f"{wanted.container}_{name}" for name in ("old", "new"))
        self.old, self.new = (postgres.Server(docker.path, name) for name in names)

    def found(self) -> str:
        """Return the major version of the data in the volume; an empty string without data."""
        volume = self.docker.volume(self.wanted.volume)
        return postgres.version(volume["Mountpoint"]) if volume else ""

    def is_between(self) -> bool:
        """Return whether an earlier run ended between the two renames."""
        volume, new = (self.docker.volume(name) for name in (self.wanted.volume, self.new_volume))
        return bool(volume and new and not self.found() and postgres.version(new["Mountpoint"]) == self.wanted.major)

    def leftovers(self) -> bool:
        """Return whether an interrupted upgrade has left servers or volumes that no longer serve anything."""
        servers = any(self.docker.state(server.container) for server in (self.old, self.new))
        return servers or bool(not self.is_between() and self.docker.volume(self.new_volume))

    def clean(self) -> list[str]:
        """Remove the temporary servers and volumes, but not data that are half exchanged; return what failed."""
        between = self.is_between()
        volumes = [self.socket_volume, *([] if between else [self.new_volume])]
        steps = [partial(self.docker.remove, server.container) for server in (self.new, self.old)]
        return _errors([*steps, *(partial(self.docker.remove_volume, name) for name in volumes)])

    def recover(self) -> list[str]:
        """Start the old server again, once nothing else uses its data; return what failed."""
        left = self.clean()
        if not left and self.found() and self.docker.state(self.wanted.container):
            left = _errors([partial(self.docker.run, "start", self.wanted.container)])
        return left


def _errors(steps: Iterable[Callable[[], object]]) -> list[str]:
    """Run all steps, and return their errors."""
    found = []
    for step in steps:
        try:
            step()
        except DockerError as error:
            found.append(str(error))
    return found
