"""Access to the hosts of a lab: commands over SSH, and runs of the project's playbooks."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

from tests.lab.names import INSTANCES, REPO

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

ANSIBLE_PLAYBOOK = str(Path(sys.executable).with_name("ansible-playbook"))


@dataclass(frozen=True)
class Played:
    """One run of a playbook."""

    code: int
    output: str
    seconds: float

    @property
    def changes(self) -> dict[str, int]:
        """Number of tasks that changed something, by host."""
        lines = [line.split() for line in self.output.splitlines() if " changed=" in line and ": ok=" in line]
        return {words[0]: int(next(w for w in words if w.startswith("changed=")).split("=")[1]) for words in lines}

    @property
    def changed(self) -> int:
        """Number of tasks that changed something on the only host."""
        (count,) = self.changes.values()
        return count

    def result(self, task: str) -> dict[str, Any]:
        """Result of a task, parsed from the output of -v."""
        text = self.output.split(f"TASK [{task}]")[1].split("TASK [")[0]
        start = text.index("=> ") + 3
        found: dict[str, Any] = yaml.safe_load(text[start:].split("\n\n")[0])
        return found


@dataclass(frozen=True)
class Remote:
    """A host, with functions that run root commands over SSH."""

    name: str
    variables: Mapping[str, Any]

    def ssh(self, command: str, data: str = "", *, check: bool = True) -> str:
        """Run a shell command as root and return its output."""
        run = self.run(command, data)
        assert not check or run.returncode == 0, run.stdout + run.stderr
        return run.stdout

    def run(self, command: str, data: str = "") -> subprocess.CompletedProcess[str]:
        """Run a shell command as root."""
        known = self.variables
        argv = ["ssh", "-i", known["ansible_ssh_private_key_file"], *known["ansible_ssh_common_args"].split()]
        argv += [f"{known['ansible_user']}@{known['ansible_host']}", "sudo", "bash", "-c", quoted(command)]
        return subprocess.run(argv, input=data, capture_output=True, text=True, check=False)


@dataclass(frozen=True)
class Lab:
    """The hosts of a lab, and functions that run playbooks against them.

    Args:
        directory: Directory of the lab's inventory.
        inventories: Additional inventories, read before the lab's.
    """

    directory: Path
    inventories: tuple[Path, ...] = field(default=(REPO / "tests" / "inventory",))

    @property
    def hosts(self) -> dict[str, Remote]:
        """Hosts by name."""
        tree = yaml.safe_load((self.directory / "hosts.yml").read_text(encoding="utf-8"))
        return {name: Remote(name, variables) for name, variables in tree["all"]["hosts"].items()}

    def play(self, playbook: str, *options: str, **variables: Any) -> Played:
        """Run one of the project's playbooks to its end."""
        started = time.monotonic()
        with self.start(playbook, *options, **variables) as process:
            output, _ = process.communicate()
        return Played(process.returncode, output, time.monotonic() - started)

    def start(self, playbook: str, *options: str, **variables: Any) -> subprocess.Popen[str]:
        """Start one of the project's playbooks, given by its path in the repository."""
        sources = [*self.inventories, self.directory / "hosts.yml"]
        argv = [ANSIBLE_PLAYBOOK, *(word for path in sources for word in ("-i", str(path))), "--diff", *options]
        argv += ["-e", json.dumps(variables), str(REPO / playbook)]
        environment = {**os.environ, "ANSIBLE_CONFIG": str(REPO / "ansible.cfg"), "ANSIBLE_NOCOLOR": "1"}
        environment.pop("ANSIBLE_LOG_PATH", None)
        # Molecule sets this variable, which has precedence over ANSIBLE_NOCOLOR.
        environment.pop("ANSIBLE_FORCE_COLOR", None)
        return subprocess.Popen(
            argv, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, start_new_session=True
        )


def lab(name: str) -> Lab:
    """A lab of this checkout."""
    return Lab(INSTANCES / name)


def wait(condition: Callable[[], object], seconds: int = 120, what: str = "it") -> None:
    """Wait until a condition holds, and fail after the timeout."""
    until = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < until, f"{what} did not happen within {seconds} s"
        time.sleep(1)


def quoted(text: str) -> str:
    """The text quoted as one word for a shell."""
    return "'" + text.replace("'", "'\\''") + "'"
