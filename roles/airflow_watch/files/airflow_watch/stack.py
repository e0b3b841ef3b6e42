"""The stack's containers: lists, starts, replaces and restarts them."""

from __future__ import annotations

import contextlib
import json
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any

from . import notes, services
from .commands import Commands, WatchError

if TYPE_CHECKING:
    from collections.abc import Iterable

UNIT = "airflow-watch-restart-"
# Units that only report a problem of a service: the name says which problem, the description why. They stay failed
# until the service works again.
GAVE_UP, CANNOT_START = "airflow-watch-gave-up-", "airflow-watch-cannot-start-"
OPTIONS = ("--no-deps", "--no-recreate", "--no-build", "--pull", "never", "--quiet-pull")
UP, CREATE = ("up", "--detach", *OPTIONS), ("up", "--no-start", *OPTIONS)
EXPECTED = "services.json"
# Two commands instead of `docker restart`, which cannot be cancelled once it runs: a pause can prevent the second one.
RESTART = 'docker stop "$@" && for last; do :; done && docker start "$last"'
# Compose must not create one network twice.
CREATING = threading.Lock()
# The container reaches neither the database nor the broker, so its tasks are lost. Its data must not be.
REPLACE_SECONDS = 30
REPLACE = f'docker stop -t {REPLACE_SECONDS} "$1" && docker rm --force "$1" && shift && exec docker compose "$@"'


def flags_of(service: str) -> list[str]:
    """Return the names of the units that may report a problem of a service."""
    return [f"{prefix}{service}" for prefix in (GAVE_UP, CANNOT_START)]


class Stack(Commands):
    """The containers of a compose project."""

    project: str
    compose_file: str
    network: str

    def expected(self) -> list[str]:
        """Return the services that should always run: those in compose.yml without a profile.

        Compose needs a fifth of a second of CPU time to read the file, so its answer is kept until the file changes.
        """
        try:
            found = Path(self.compose_file).stat()
        except OSError as error:
            text = f"{self.compose_file}, which lists the stack's services, is missing; run site.yml"
            raise WatchError(text) from error
        stamp = [self.compose_file, found.st_mtime_ns, found.st_ino, found.st_size]
        known = notes.read(EXPECTED)
        if isinstance(known, dict) and known.get("stamp") == stamp:
            return list(known["services"])
        expected = self.run("docker", "compose", *self._compose("config", "--services")).split()
        with contextlib.suppress(WatchError):
            notes.write(EXPECTED, {"stamp": stamp, "services": expected})
        return expected

    def containers(self) -> list[services.Container]:
        """Return the containers with the stack's labels, but not those of `docker compose run`."""
        label = "label=com.docker.compose"
        filters = ["--filter", f"{label}.project={self.project}", "--filter", f"{label}.oneoff=False"]
        for last in (False, True):
            ids = self.run("docker", "ps", "--all", "--quiet", "--no-trunc", *filters).split()
            try:
                found: list[dict[str, Any]] = json.loads(self.run("docker", "inspect", *ids)) if ids else []
            except WatchError:
                # A container may have been removed between the two commands.
                if last:
                    raise
            else:
                return [services.container(one, self.project, self.network) for one in found]
        raise AssertionError

    def start(self, service: str, container: str = "") -> None:
        """Start a service, in its container if it has one. Never replaces a container, never pulls an image."""
        if container:
            # Compose might start or remove another container with these labels. But only it recreates a lost network.
            with contextlib.suppress(WatchError):
                self.run("docker", "start", container)
                return
        with CREATING:
            self.run("docker", "compose", *self._compose(*CREATE, service))
        self.run("docker", "start", container or f"{self.project}-{service}-1")

    def unpause(self, container: str) -> None:
        """Unpause a frozen container."""
        self.run("docker", "unpause", container)

    def remove(self, container: str) -> None:
        """Remove a container."""
        self.run("docker", "rm", "--force", container)

    def proceed(self, pids: Iterable[int]) -> None:
        """Continue processes that SIGSTOP stopped."""
        self.run("kill", "-CONT", *map(str, pids))

    def restart(self, service: str, container: str, seconds: int = 0) -> None:
        """Start restarting a container, without waiting: it may take as long as a worker's tasks.

        Args:
            service: Name of the service.
            container: Name of its container.
            seconds: Time to stop before it is killed; 0 for the time in compose.yml.
        """
        limit = ["-t", str(seconds)] if seconds else []
        text = f"Restart the unhealthy service {service} of the Airflow stack"
        self._begin(service, text, RESTART, *limit, container)

    def replace(self, service: str, container: str) -> None:
        """Start removing a container and creating it again from compose.yml, without waiting."""
        text = f"Replace the container of service {service} of the Airflow stack"
        self._begin(service, text, REPLACE, container, *self._compose(*UP, service))

    def restarts(self, *, forget: bool = True) -> tuple[list[str], list[str]]:
        """Return the services whose restart is under way, and those whose last restart failed.

        Args:
            forget: Return each failed restart only once.
        """
        busy, failed = [], []
        for unit, _, state, *_ in self._units(f"{UNIT}*"):
            service = unit.removeprefix(UNIT).removesuffix(".service")
            if state == "failed":
                failed.append(service)
                if forget:
                    self.run("systemctl", "reset-failed", unit)
            elif state != "inactive":
                busy.append(service)
        return busy, failed

    def stop_restart(self, service: str) -> None:
        """Cancel a restart that is under way. A stop that has begun completes; no start follows."""
        self.run("systemctl", "stop", f"{UNIT}{service}.service")

    def unit_state(self, unit: str) -> str:
        """Return the state of a unit, such as ``active``."""
        return self.run("systemctl", "show", "--property=ActiveState", "--value", unit).strip()

    def flags(self) -> set[str]:
        """Return the names of the failed units that report a problem of a service, without their suffix."""
        found = self._units(*(f"{prefix}*.service" for prefix in (GAVE_UP, CANNOT_START)))
        return {unit.removesuffix(".service") for unit, *_ in found}

    def _units(self, *patterns: str) -> list[list[str]]:
        """Return the words of systemctl's line for each unit. A description can have further lines."""
        found = self.run("systemctl", "list-units", "--all", "--plain", "--no-legend", *patterns).splitlines()
        return [
            line.split() for line in found if line.startswith(tuple(pattern.partition("*")[0] for pattern in patterns))
        ]

    def flag(self, name: str, text: str) -> None:
        """Let a unit fail that reports a problem; `systemctl --failed` shows its name and the text."""
        self.run("systemd-run", "--quiet", f"--unit={name}.service", _described(text), "false")

    def unflag(self, name: str) -> None:
        """Remove the report of a problem."""
        self.run("systemctl", "reset-failed", f"{name}.service")

    def _begin(self, service: str, text: str, script: str, *words: str) -> None:
        argv = ["systemd-run", "--quiet", f"--unit={UNIT}{service}.service", _described(text)]
        self.run(*argv, "/bin/sh", "-c", script, "sh", *words)

    def _compose(self, *words: str) -> list[str]:
        return ["--progress", "quiet", "--project-name", self.project, "--file", self.compose_file, *words]


def _described(text: str) -> str:
    """Return the option for the description of a unit. systemctl shows none that has several lines."""
    return f"--description={' '.join(text.split())}"
