"""Docker as a service of the host: its state and its restart."""

from __future__ import annotations

import contextlib
import json
import os
import tempfile
import time
from pathlib import Path
from typing import Any

from .commands import Commands, WatchError

DOCKER_UNIT = "docker.service"
DAEMON_JSON = Path("/etc/docker/daemon.json")
DATA_ROOT = "/var/lib/docker"
RUN, PROC = Path("/run"), Path("/proc")
# Seconds for Docker to start: at boot it may still be busy with its containers.
DOCKER_SECONDS = 120
# Free bytes that Docker needs to start, for its socket's directory and its network state.
SPACE = 1 << 20


def check_space(directory: Path) -> None:
    """Check that a file can be created in a directory.

    Raises:
        WatchError: It cannot.
    """
    try:
        with tempfile.TemporaryFile(dir=directory, buffering=0) as file:
            os.posix_fallocate(file.fileno(), 0, SPACE)
    except OSError as error:
        raise WatchError(f"{directory} cannot be written: {error.strerror}") from error


class Engine(Commands):
    """Docker's unit and its options."""

    def docker_state(self) -> str:
        """Return the state of Docker's unit, after waiting for a start, stop or reload that is under way."""
        until = time.monotonic() + DOCKER_SECONDS
        while True:
            state = self._property("ActiveState")
            if state not in ("activating", "deactivating", "reloading") or time.monotonic() > until:
                return state
            time.sleep(0.5)

    def docker_manages_rules(self) -> bool:
        """Return whether Docker creates rules of iptables.

        It does not with the option ``iptables`` off, nor with the backend nftables of Docker 29, in daemon.json or on
        its command line.
        """
        words = self._command_line()
        if {"--iptables=false", "--firewall-backend=nftables"} & set(words):
            return False
        try:
            options = self._options()
        except WatchError:
            return True
        return options.get("iptables") is not False and options.get("firewall-backend") != "nftables"

    def live_restore(self) -> bool:
        """Return whether containers keep running while Docker restarts."""
        return self.run("docker", "info", "--format", "{{.LiveRestoreEnabled}}").strip() == "true"

    def data_root(self) -> str:
        """Return Docker's data directory."""
        with contextlib.suppress(WatchError):
            return str(self._options().get("data-root", DATA_ROOT))
        return DATA_ROOT

    def volume_directory(self, name: str) -> Path | None:
        """Return the directory of a volume, usually without a call of Docker, which may hang; None if unknown."""
        with contextlib.suppress(WatchError):
            path = Path(self.data_root(), "volumes", name, "_data")
            if path.is_dir():
                return path
            # With remapped user ids, for instance, Docker has another directory.
            return Path(self.run("docker", "volume", "inspect", "--format", "{{.Mountpoint}}", name).strip())
        return None

    def check_docker_can_start(self) -> None:
        """Check that Docker would start again; a running Docker does not notice what was broken since its start.

        Raises:
            WatchError: It would not; the text names the file or directory to fix.
        """
        data = self._options().get("data-root", DATA_ROOT)
        check_space(RUN)
        check_space(Path(str(data)))
        if not DAEMON_JSON.exists():
            return
        try:
            # With the options of its command line: an option set both there and in the file is an error.
            self.run(*self._command_line(), "--validate")
        except WatchError as error:
            # Docker before 23.0 lacks this option; there, only the JSON of the file has been checked.
            if "unknown flag: --validate" not in str(error):
                raise WatchError(f"{DAEMON_JSON} is refused: {error}") from error

    def restart_docker(self) -> None:
        """Restart Docker; if it does not come back, start it once more.

        Raises:
            WatchError: Docker is not running now.
        """
        # systemd refuses the fourth start within a minute, and Docker would then stay down. Rounds have a limit too.
        self.run("systemctl", "reset-failed", DOCKER_UNIT)
        try:
            self.run("systemctl", "restart", DOCKER_UNIT, seconds=DOCKER_SECONDS)
        except WatchError as error:
            # The restart may only have taken longer than the timeout.
            if self.docker_state() == "active":
                return
            try:
                self.start_docker()
            except WatchError as again:
                raise WatchError(f"{error}; then {again}; its containers keep running: journalctl -u docker") from again

    def start_docker(self) -> None:
        """Start Docker, even if systemd has given up on it."""
        self.run("systemctl", "reset-failed", DOCKER_UNIT)
        self.run("systemctl", "start", DOCKER_UNIT, seconds=DOCKER_SECONDS)

    def _options(self) -> dict[str, Any]:
        """Return the options in daemon.json; none if the file does not exist."""
        try:
            # Docker accepts an empty file as one without options.
            options = json.loads(DAEMON_JSON.read_text(encoding="utf-8-sig").strip() or "{}")
        except FileNotFoundError:
            return {}
        except (OSError, ValueError, RecursionError) as error:
            raise WatchError(f"{DAEMON_JSON} is broken: {error}") from error
        if not isinstance(options, dict):
            raise WatchError(f"{DAEMON_JSON} is broken: it is not a JSON object")
        return options

    def _command_line(self) -> list[str]:
        """Return the command line of the running Docker."""
        try:
            words = (PROC / self._property("MainPID") / "cmdline").read_text(encoding="utf-8").split("\0")[:-1]
        except (OSError, ValueError):
            words = []
        return words or ["dockerd", "--config-file", str(DAEMON_JSON)]

    def _property(self, name: str) -> str:
        return self.run("systemctl", "show", "--property", name, "--value", DOCKER_UNIT).strip()
