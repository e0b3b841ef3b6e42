"""Commands of the host: what is in force and running, and what changes it."""

from __future__ import annotations

import json
import subprocess
import time
from pathlib import Path
from typing import Any

from . import firewall, services

SETTINGS = Path("/etc/airflow-watch.json")
LOADED = Path("/run/airflow-firewall/loaded")
FIREWALL_UNIT = "airflow-firewall.service"
DOCKER_UNIT = "docker.service"
# Seconds that a command may take. None of them waits for a task of Airflow to end.
SECONDS = 60
# Seconds for Docker to start: at boot it may still be busy with its containers.
DOCKER_SECONDS = 120


class WatchError(Exception):
    """Something cannot be done; the text says what and why."""


class Host:
    """The host that this program runs on."""

    def __init__(self, settings: Path = SETTINGS) -> None:
        """Read the settings that site.yml wrote."""
        try:
            found = json.loads(settings.read_text(encoding="utf-8"))
            self.project, self.compose_file, self.bridge = (found[key] for key in ("project", "compose_file", "bridge"))
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise WatchError(f"{settings} is missing or broken; run site.yml, which writes it: {error!r}") from error

    def run(self, *argv: str, seconds: int = SECONDS, data: str | None = None) -> str:
        """Run a command and return what it prints.

        Raises:
            WatchError: It failed, or took too long.
        """
        line = " ".join(argv)
        try:
            done = subprocess.run(
                argv,
                input=data,
                capture_output=True,
                encoding="utf-8",
                # A comment of a stranger's rule can hold any bytes, and must not end the guard.
                errors="backslashreplace",
                timeout=seconds,
                check=False,
            )
        except subprocess.TimeoutExpired as error:
            raise WatchError(f"`{line}` did not end within {seconds} s") from error
        except OSError as error:
            raise WatchError(f"`{line}` cannot be run: {error}") from error
        if done.returncode:
            raise WatchError(f"`{line}` failed: {(done.stderr.strip() or done.stdout.strip())[-1000:]}")
        return done.stdout

    # The firewall.

    def tables(self) -> firewall.Tables:
        """Return the rules in force."""
        return firewall.parse(self.run("/usr/sbin/iptables-save"))

    def loaded(self) -> firewall.Tables:
        """Return the rules as they were when airflow-firewall.service had loaded its own; empty if it has not."""
        try:
            return firewall.parse(LOADED.read_text(encoding="utf-8", errors="backslashreplace"))
        except OSError:
            return {}

    def has_bridge(self) -> bool:
        """Whether the stack's network is there."""
        return Path("/sys/class/net", self.bridge).exists()

    def load_firewall(self) -> None:
        """Load the stack's own rules."""
        self.run("systemctl", "restart", FIREWALL_UNIT)

    def lock(self) -> None:
        """Keep strangers out by rules that depend on none of Docker's."""
        for chain, to in sorted(set(firewall.LOCK) - set(firewall.locked(self.tables()))):
            self.run("/usr/sbin/iptables", "--wait", "--table", "mangle", "--insert", chain, "--jump", to)

    def unlock(self) -> None:
        """Take the lock away."""
        for chain, to in firewall.locked(self.tables()):
            self.run("/usr/sbin/iptables", "--wait", "--table", "mangle", "--delete", chain, "--jump", to)

    # Docker.

    def docker_state(self) -> str:
        """Return the state of Docker's unit; waits a while for one that is just starting."""
        until = time.monotonic() + SECONDS
        while True:
            state = self.run("systemctl", "show", "--property", "ActiveState", "--value", DOCKER_UNIT).strip()
            if state not in ("activating", "deactivating", "reloading") or time.monotonic() > until:
                return state
            time.sleep(0.5)

    def docker_manages_rules(self) -> bool:
        """Whether Docker writes rules at all: daemon.json may say ``"iptables": false``."""
        try:
            options = json.loads(Path("/etc/docker/daemon.json").read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return True
        return not (isinstance(options, dict) and options.get("iptables") is False)

    def live_restore(self) -> bool:
        """Whether containers run on while Docker restarts."""
        return self.run("docker", "info", "--format", "{{.LiveRestoreEnabled}}").strip() == "true"

    def restart_docker(self) -> None:
        """Restart Docker."""
        # systemd refuses the fourth start within a minute, and Docker would then stay down. Rounds limit themselves.
        self.run("systemctl", "reset-failed", DOCKER_UNIT)
        self.run("systemctl", "restart", DOCKER_UNIT, seconds=DOCKER_SECONDS)

    # The stack.

    def expected(self) -> list[str]:
        """Return the services that the stack's definition wants to run all the time: those without a profile."""
        if not Path(self.compose_file).exists():
            raise WatchError(f"{self.compose_file} is missing, which names the stack's services; run site.yml")
        return self._compose("config", "--services").split()

    def containers(self) -> list[services.Container]:
        """Return the stack's containers, but not those of `docker compose run`."""
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
                return [services.container(one) for one in found]
        raise AssertionError

    def start(self, service: str) -> None:
        """Start a service, in its container if it has one. Never replaces a container, never pulls an image."""
        options = ["--detach", "--no-deps", "--no-recreate", "--no-build", "--pull", "never", "--quiet-pull"]
        self._compose("up", *options, service)

    def unpause(self, container: str) -> None:
        """Let a frozen container go on."""
        self.run("docker", "unpause", container)

    def remove(self, container: str) -> None:
        """Remove a container."""
        self.run("docker", "rm", "--force", container)

    def restart(self, service: str, container: str) -> None:
        """Begin to restart a container. It may take as long as a worker's tasks, so nothing waits for it here."""
        unit = self._restart_unit(service)
        text = f"Restart the unhealthy service {service} of the Airflow stack"
        self.run("systemd-run", "--quiet", f"--unit={unit}", f"--description={text}", "docker", "restart", container)

    def restarts(self, expected: list[str]) -> tuple[list[str], list[str]]:
        """Return the services whose restart is under way, and those whose last one failed; these are said once."""
        busy, failed = [], []
        for service in expected:
            unit = self._restart_unit(service)
            state = self.run("systemctl", "show", "--property", "ActiveState", "--value", unit).strip()
            if state == "failed":
                failed.append(service)
                self.run("systemctl", "reset-failed", unit)
            elif state not in ("", "inactive"):
                busy.append(service)
        return busy, failed

    @staticmethod
    def _restart_unit(service: str) -> str:
        return f"airflow-watch-restart-{service}.service"

    def _compose(self, *words: str) -> str:
        project = ["--project-name", self.project, "--file", self.compose_file]
        return self.run("docker", "compose", "--progress", "quiet", *project, *words)
