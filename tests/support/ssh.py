"""Commands on hosts, as root over SSH."""

from __future__ import annotations

import shlex
import subprocess
from dataclasses import dataclass


@dataclass(frozen=True)
class SshHost:
    """A host that SSH reaches, with a user who may use sudo without a password.

    Args:
        name: Name in the inventory.
        options: Options of `ssh`, and the destination.
    """

    name: str
    options: tuple[str, ...]

    def argv(self, command: str) -> list[str]:
        """Return the local command that runs a shell command on the host as root."""
        return ["ssh", *self.options, shlex.join(["sudo", "-n", "bash", "-c", command])]

    def run(self, command: str, data: str = "") -> subprocess.CompletedProcess[str]:
        """Run a shell command with some text as its standard input, whatever its exit code."""
        return subprocess.run(self.argv(command), input=data, capture_output=True, text=True, check=False)

    def ssh(self, command: str, data: str = "", *, check: bool = True) -> str:
        """Run a shell command, which must succeed unless `check` is false, and return its standard output."""
        done = self.run(command, data)
        assert not check or done.returncode == 0, done.stdout + done.stderr
        return done.stdout
