"""The stack's containers: lists, starts, replaces and restarts them."""

from __future__ import annotations

import contextlib
import json
from pathlib import Path
from typing import Any

from . import services
from .commands import Commands, WatchError

UNIT = "airflow-watch-restart-"
UP = ("up", "--detach", "--no-deps", "--no-recreate", "--no-build", "--pull", "never", "--quiet-pull")
# Two commands instead of `docker restart`, which cannot be cancelled once it runs: a pause can prevent the second one.
RESTART = 'docker stop "$1" && docker start "$1"'
# The container reaches neither the database nor the broker, so its tasks are lost. Its data must not be.
REPLACE_SECONDS = 30
REPLACE = f'docker stop -t {REPLACE_SECONDS} "$1" && docker rm --force "$1" && shift && exec docker compose "$@"'


class Stack(Commands):
    """The containers of a compose project."""

    project: str
    compose_file: str
    network: str

    def expected(self) -> list[str]:
        """Return the services that should always run: those in compose.yml without a profile."""
        if not Path(self.compose_file).exists():
            raise WatchError(f"{self.compose_file}, which lists the stack's services, is missing; run site.yml")
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
        self.run("docker", "compose", *self._compose(*UP, service))

    def unpause(self, container: str) -> None:
        """Unpause a frozen container."""
        self.run("docker", "unpause", container)

    def remove(self, container: str) -> None:
        """Remove a container."""
        self.run("docker", "rm", "--force", container)

    def restart(self, service: str, container: str) -> None:
        """Start restarting a container, without waiting: it may take as long as a worker's tasks."""
        self._begin(service, f"Restart the unhealthy service {service} of the Airflow stack", RESTART, container)

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
        """Cancel a restart that is under way. A stop that has begun completes; no start follows."""
        self.run("systemctl", "stop", f"{UNIT}{service}.service")

    def _begin(self, service: str, text: str, script: str, *words: str) -> None:
        argv = ["systemd-run", "--quiet", f"--unit={UNIT}{service}.service", f"--description={text}"]
        self.run(*argv, "/bin/sh", "-c", script, "sh", *words)

    def _compose(self, *words: str) -> list[str]:
        return ["--progress", "quiet", "--project-name", self.project, "--file", self.compose_file, *words]
