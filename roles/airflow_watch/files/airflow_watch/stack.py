"""The stack's containers: which there are, and what starts, replaces and restarts them."""

from __future__ import annotations

import contextlib
import json
from pathlib import Path
from typing import Any

from . import services
from .commands import Commands, WatchError

UNIT = "airflow-watch-restart-"
UP = ("up", "--detach", "--no-deps", "--no-recreate", "--no-build", "--pull", "never", "--quiet-pull")
# Two commands instead of `docker restart`, which Docker does to its end once it has begun: a pause comes between them.
RESTART = 'docker stop "$1" && docker start "$1"'
# It reaches neither the database nor the broker, so its tasks are lost. Its data shall not be.
REPLACE_SECONDS = 30
REPLACE = f'docker stop -t {REPLACE_SECONDS} "$1" && docker rm --force "$1" && shift && exec docker compose "$@"'


class Stack(Commands):
    """The containers of a compose project."""

    project: str
    compose_file: str
    network: str

    def expected(self) -> list[str]:
        """Return the services that the stack's definition wants to run all the time: those without a profile."""
        if not Path(self.compose_file).exists():
            raise WatchError(f"{self.compose_file} is missing, which names the stack's services; run site.yml")
        return self.run("docker", "compose", *self._compose("config", "--services")).split()

    def containers(self) -> list[services.Container]:
        """Return the containers with the stack's labels, but not those of `docker compose run`."""
        label = "label=com.docker.compose"
        filters = ["--filter", f"{label}.project={self.project}", "--filter", f"{label}.oneoff=False"]
        for last in (False, True):
            ids = self.run("docker", "ps", "--all", "--quiet", "--no-trunc", *filters).split()
            try:
                found: list[dict[str, Any]] = json.loads(self.run("docker", "inspect", *ids)) if ids else []
            except WatchError:
                # One may have been removed between the two commands.
                if last:
                    raise
            else:
                return [services.container(one, self.project, self.network) for one in found]
        raise AssertionError

    def start(self, service: str, container: str = "") -> None:
        """Start a service, in its container if it has one. Never replaces a container, never pulls an image."""
        if container:
            # Compose might start, or remove, another one with the same labels. But only compose makes a lost network.
            with contextlib.suppress(WatchError):
                self.run("docker", "start", container)
                return
        self.run("docker", "compose", *self._compose(*UP, service))

    def unpause(self, container: str) -> None:
        """Let a frozen container go on."""
        self.run("docker", "unpause", container)

    def remove(self, container: str) -> None:
        """Remove a container."""
        self.run("docker", "rm", "--force", container)

    def restart(self, service: str, container: str) -> None:
        """Begin to restart a container. It may take as long as a worker's tasks, so nothing waits for it here."""
        self._begin(service, f"Restart the unhealthy service {service} of the Airflow stack", RESTART, container)

    def replace(self, service: str, container: str) -> None:
        """Begin to remove a container and to create it from the stack's definition."""
        text = f"Replace the container of service {service} of the Airflow stack"
        self._begin(service, text, REPLACE, container, *self._compose(*UP, service))

    def restarts(self, *, forget: bool = True) -> tuple[list[str], list[str]]:
        """Return the services whose restart is under way, and those whose last one failed.

        Args:
            forget: Whether to return a failed one only once.
        """
        busy, failed = [], []
        for line in self.run("systemctl", "list-units", "--all", "--plain", "--no-legend", f"{UNIT}*").splitlines():
            unit, _, state = line.split()[:3]
            service = unit.removeprefix(UNIT).removesuffix(".service")
            if state == "failed":
                failed.append(service)
                if forget:
                    self.run("systemctl", "reset-failed", unit)
            elif state != "inactive":
                busy.append(service)
        return busy, failed

    def stop_restart(self, service: str) -> None:
        """End a restart that is under way. Docker stops the container if it was told to, but nothing starts it."""
        self.run("systemctl", "stop", f"{UNIT}{service}.service")

    def _begin(self, service: str, text: str, script: str, *words: str) -> None:
        argv = ["systemd-run", "--quiet", f"--unit={UNIT}{service}.service", f"--description={text}"]
        self.run(*argv, "/bin/sh", "-c", script, "sh", *words)

    def _compose(self, *words: str) -> list[str]:
        return ["--progress", "quiet", "--project-name", self.project, "--file", self.compose_file, *words]
