"""The docker command of a host: its containers and volumes."""

from __future__ import annotations

import json
import subprocess
from typing import Any, Optional


class DockerError(Exception):
    """A docker command failed; the message says which and why."""


class Docker:
    """The docker command.

    Attributes:
        path: Its path.
    """

    def __init__(self, path: str) -> None:
        self.path = path

    def run(self, *words: str) -> str:
        """Run a docker command, and return its output.

        Raises:
            DockerError: It fails.
        """
        done = subprocess.run([self.path, *words], capture_output=True, text=True, check=False)
        if done.returncode:
            raise DockerError(f"docker {' '.join(words[:2])}: {done.stderr.strip()}")
        return done.stdout.strip()

    def volume(self, name: str) -> Optional[dict[str, Any]]:  # noqa: UP045  # Python 3.9 on hosts
        """Return what Docker says about a volume; None if it does not exist."""
        names = self.run("volume", "ls", "--quiet", "--filter", f"name=^{name}$").splitlines()
        return dict(json.loads(self.run("volume", "inspect", name))[0]) if name in names else None

    def directory(self, volume: str) -> str:
        """Return the directory of a volume on the host."""
        return self.run("volume", "inspect", "--format", "{{.Mountpoint}}", volume)

    def state(self, container: str) -> str:
        """Return the state of a container, such as ``running``; an empty string if it does not exist."""
        return self.run("ps", "--all", "--filter", f"name=^{container}$", "--format", "{{.State}}")

    def logs(self, container: str) -> str:
        """Return the last lines that a container wrote, errors included."""
        argv = [self.path, "logs", "--tail", "5", container]
        done = subprocess.run(argv, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
        return " ".join(done.stdout.split())

    def remove_volume(self, name: str) -> None:
        """Remove a volume if it exists."""
        if self.volume(name):
            self.run("volume", "rm", name)

    def remove(self, container: str) -> None:
        """Remove a container if it exists."""
        if self.state(container):
            self.run("rm", "--force", "--volumes", container)
