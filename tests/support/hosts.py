"""Access to the hosts of a lab: commands over SSH, and runs of the project's playbooks."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

from tests.lab.docker import docker
from tests.lab.names import INSTANCES, REPO
from tests.support import ansible
from tests.support.ssh import SshHost

if TYPE_CHECKING:
    import subprocess

    from tests.support.work import Rooted


@dataclass(frozen=True)
class Remote(SshHost):
    """A host of a lab.

    Args:
        variables: Its variables in the lab's inventory.
    """

    variables: Mapping[str, Any]


def remote(name: str, variables: Mapping[str, Any]) -> Remote:
    """Return a host by its entry in the lab's inventory."""
    options = ["-i", variables["ansible_ssh_private_key_file"], *variables["ansible_ssh_common_args"].split()]
    return Remote(name, (*options, f"{variables['ansible_user']}@{variables['ansible_host']}"), variables)


def services_healthy(host: Rooted) -> bool:
    """Whether all services of a host are healthy, as far as Docker knows; a host that does not answer has none."""
    states = host.run("docker ps -a --filter label=com.docker.compose.project=airflow --format '{{.Status}}'").stdout
    return states.count("(healthy)") == len(states.splitlines()) > 0


def cut_power(container: str) -> None:
    """End all processes of a host at once, and start it again.

    Args:
        container: The host's container, ``lab_container`` in the inventory.
    """
    docker("kill", container)
    docker("start", container)


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
        return {name: remote(name, variables) for name, variables in tree["all"]["hosts"].items()}

    def play(self, playbook: str, *options: str, **variables: Any) -> ansible.Played:
        """Run one of the project's playbooks to its end."""
        started = time.monotonic()
        with self.start(playbook, *options, **variables) as process:
            return ansible.finish(process, started)

    def start(self, playbook: str, *options: str, **variables: Any) -> subprocess.Popen[str]:
        """Start one of the project's playbooks, given by its path in the repository."""
        sources = [*self.inventories, self.directory / "hosts.yml"]
        return ansible.start(playbook, sources, *options, variables=variables)


class DeployedHost:
    """The only host of a lab with services of Airflow: commands as root over SSH, and runs of playbooks.

    Args:
        name: Name of the lab.
    """

    def __init__(self, name: str) -> None:
        self.lab = lab(name)
        (self.remote,) = [host for host in self.lab.hosts.values() if "airflow" in host.name]
        self.name, self.ssh, self.run = self.remote.name, self.remote.ssh, self.remote.run

    def play(self, playbook: str, *options: str, **variables: Any) -> ansible.Played:
        """Run one of the project's playbooks to its end."""
        return self.lab.play(playbook, *options, **variables)

    def start(self, playbook: str, *options: str, **variables: Any) -> subprocess.Popen[str]:
        """Start one of the project's playbooks."""
        return self.lab.start(playbook, *options, **variables)


def lab(name: str) -> Lab:
    """A lab of this checkout."""
    return Lab(INSTANCES / name)
