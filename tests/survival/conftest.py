"""Two hosts of one stack, and a stranger on their link. `make molecule SCENARIO=survival` runs all tests here."""

from __future__ import annotations

import json
import subprocess
import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pytest

from tests.lab.names import REPO
from tests.support.hosts import lab, services_healthy
from tests.support.wait import wait
from tests.support.work import Work

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.support.hosts import Remote

LAB = "survival"
# Time for a boot, and for the healing of all services, on a busy machine.
RECOVERED_SECONDS = 420
KNOCK = (REPO / "molecule" / "default" / "files" / "knock.py").read_text(encoding="utf-8")
SERVICES = "--filter label=com.docker.compose.project=airflow"
FLUSH = "for t in filter nat mangle raw; do iptables -t $t -F; iptables -t $t -X; done"
ADDRESS = "{{range .NetworkSettings.Networks}}{{.IPAddress}}{{end}}"


@dataclass
class Tries:
    """What a stranger did: number of attempts on each address, and the seconds of those that were answered."""

    sent: int = 0
    seconds: float = 0.0
    answered: dict[str, list[float]] = field(default_factory=dict)

    def open(self, ssh: str) -> dict[str, list[float]]:
        """Return the answers of other addresses than that of SSH."""
        return {target: times for target, times in self.answered.items() if times and target != ssh}


class Guarded:
    """A host of the stack, as root and as a stranger see it."""

    def __init__(self, remote: Remote, services: tuple[str, ...]) -> None:
        self.name, self.ssh, self.run = remote.name, remote.ssh, remote.run
        self.address = remote.variables["ansible_host"]
        self.services = services
        self.container = remote.variables["lab_container"]
        self.stranger = self.container.rpartition("-")[0] + "-feeds"

    def targets(self) -> list[str]:
        """Return the addresses that no stranger may reach: published ports, container addresses, and loopback."""
        found = [f"{self.address}:{port}" for port in (5432, 6379, 8793, 8794)]
        ports = {"postgres": 5432, "redis": 6379, "webserver": 8080, "worker": 8793}
        for service in self.services:
            address = self.ssh(f"docker inspect -f '{ADDRESS}' airflow-{service}-1").strip()
            found += [f"{address}:{ports[service]}", f"127.0.0.1:{ports[service]}"]
        return found

    @contextmanager
    def knocked(self, *, ssh: bool = True) -> Iterator[Tries]:
        """Let a stranger try to connect to all targets 20 times a second; the tries are known at the end.

        Args:
            ssh: Whether SSH answers all the time, which shows that the stranger has a connection.
        """
        tries = Tries()
        argv = ["docker", "exec", "-i", self.stranger, "python3", "-c", KNOCK, "--until-closed", self.address]
        argv += [f"{self.address}:22", *self.targets()]
        with subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
            assert process.stdout
            assert process.stdout.readline() == "ready\n"
            yield tries
            said, _ = process.communicate(timeout=60)
        tries.__dict__.update(json.loads(said))
        # SSH answers nearly always; otherwise the stranger has no connection at all.
        answers = len(tries.answered[f"{self.address}:22"])
        print(f"{self.name}: {tries.sent} attempts in {tries.seconds:.0f} s, SSH answered {answers} of them")
        assert tries.sent >= 10
        assert answers > (tries.sent / 2 if ssh else 0)

    def open(self, tries: Tries) -> dict[str, list[float]]:
        """Return what answered the stranger, except SSH."""
        return tries.open(f"{self.address}:22")

    def in_order(self) -> bool:
        """Whether the firewall is active, and Docker's rules are complete."""
        rules = self.ssh("iptables-save -t nat")
        published = "8080" if "webserver" in self.services else "5432"
        return (
            "firewall: active\n" in self.ssh("airflow-watch status")
            and f"--dport {published} -j DNAT" in rules
            and "! -o br-airflow -j MASQUERADE" in rules
        )


@pytest.fixture(scope="session")
def hosts() -> dict[str, Guarded]:
    """The hosts by name, with all services healthy."""
    services = {"data1": ("postgres", "redis"), "control1": ("webserver", "worker")}
    found = {name: Guarded(remote, services[name]) for name, remote in lab(LAB).hosts.items() if name in services}
    for host in found.values():
        wait(lambda host=host: healthy(host), 300, f"healthy services on {host.name}")  # type: ignore[misc]
    return found


@pytest.fixture
def work(hosts: dict[str, Guarded]) -> Work:
    """The work of the stack, with all services healthy at its start."""
    for host in hosts.values():
        wait(lambda host=host: healthy(host), 300, f"healthy services on {host.name}")  # type: ignore[misc]
    return Work(hosts["data1"], hosts["control1"])


def healthy(host: Guarded) -> bool:
    """Whether all services of a host are healthy, and none of their processes is stopped."""
    if not services_healthy(host):
        return False
    # Docker takes a frozen service for healthy until its check has failed several times.
    processes = host.ssh(f"for id in $(docker ps -q {SERVICES}); do docker top $id -eo stat | tail -n +2; done")
    return not any(line.startswith("T") for line in processes.splitlines())


def recovered(hosts: dict[str, Guarded], since: float) -> None:
    """Wait until all services of all hosts are healthy, and report how long that took."""
    for host in hosts.values():
        wait(lambda host=host: host.run("true").returncode == 0, 240, f"SSH of {host.name}")  # type: ignore[misc]
        wait(lambda host=host: healthy(host), RECOVERED_SECONDS, f"healthy services on {host.name}")  # type: ignore[misc]
        wait(host.in_order, RECOVERED_SECONDS, f"the firewall of {host.name}")
    print(f"all services are healthy again after {time.monotonic() - since:.0f} s")
