"""A deployed host of the lab, and a neighbour on its link. `make molecule SCENARIO=watch` runs all tests here."""

from __future__ import annotations

import json
import subprocess
from typing import TYPE_CHECKING

import pytest

from tests.lab.names import REPO, V3
from tests.support.hosts import DeployedHost
from tests.support.wait import wait

if TYPE_CHECKING:
    from collections.abc import Iterator

LAB = "watch"
KNOCK = (REPO / "molecule" / "default" / "files" / "knock.py").read_text(encoding="utf-8")
# Time for two runs of airflow-watch on a busy machine.
HEALED_SECONDS = 90
FLUSH = "for t in filter nat mangle raw; do iptables -t $t -F; iptables -t $t -X; done"
REACH = "import urllib.request; urllib.request.urlopen('http://feeds.lab:8000/nasa.xml', timeout=3)"


class Host(DeployedHost):
    """The host: root commands over SSH, and its view from other machines."""

    def __init__(self) -> None:
        super().__init__(LAB)
        self.address = self.remote.variables["ansible_host"]
        self.neighbour = self.remote.variables["lab_container"].rpartition("-")[0] + "-feeds"

    def inspect(self, service: str, field: str) -> str:
        """Field of `docker inspect` for a service's container; empty without a container."""
        return self.run(f"docker inspect -f '{{{{ {field} }}}}' airflow-{service}-1").stdout.strip()

    def services(self) -> list[str]:
        """Services of the stack's compose definition."""
        return self.ssh("docker compose -f /usr/local/projects/airflow/compose.yml config --services").split()

    def started(self) -> dict[str, str]:
        """Start time of each service."""
        return {service: self.inspect(service, ".State.StartedAt") for service in self.services()}

    def healthy(self, service: str) -> bool:
        """Whether a service is healthy."""
        return self.inspect(service, ".State.Status }} {{ .State.Health.Status") == "running healthy"

    def wait_healthy(self) -> None:
        """Wait until all services are healthy."""
        for service in self.services():
            wait(lambda service=service: self.healthy(service), 300, f"a healthy {service}")  # type: ignore[misc]

    def reached(self) -> list[str]:
        """Addresses that a neighbour reaches, including with packets that no router would forward."""
        targets = ["127.0.0.1:8080", f"{self.address}:8080"]
        for service, port in (("webserver", 8080), ("postgres", 5432), ("redis", 6379), ("worker", 8793)):
            address = self.inspect(service, ".NetworkSettings.Networks.airflow.IPAddress")
            targets += [f"{address}:{port}"] if address else []
        argv = ["docker", "exec", "-i", self.neighbour, "python3", "-", self.address, f"{self.address}:22", *targets]
        found = json.loads(subprocess.run(argv, input=KNOCK, capture_output=True, text=True, check=True).stdout)
        # SSH must answer: otherwise the neighbour has no connection at all.
        assert f"{self.address}:22" in found
        return sorted(set(found) - {f"{self.address}:22"})

    def reaches_others(self) -> bool:
        """Whether a container reaches another machine."""
        return self.run(f'docker exec airflow-scheduler-1 python -c "{REACH}"').returncode == 0

    def web(self) -> bool:
        """Whether the web UI answers on the host."""
        path = "api/v2/version" if V3 else "health"
        ask = f"import urllib.request; urllib.request.urlopen('http://127.0.0.1:8080/{path}', timeout=5)"
        return self.run(f'python3 -c "{ask}"').returncode == 0

    def said(self, since: str) -> str:
        """Log of airflow-watch in the journal since a time of the host."""
        return self.ssh(f"journalctl -u airflow-watch -o cat --since '{since}'")

    def now(self) -> str:
        """Time of the host in the format of journalctl."""
        return self.ssh("sleep 1; date '+%F %T'").strip()

    def forget_restarts(self) -> None:
        """Reset the record of Docker restarts, so that airflow-watch may restart Docker."""
        self.ssh("rm -f /run/airflow-watch/docker_restarts.json")

    def failed(self) -> bool:
        """Whether the last run of airflow-watch failed."""
        return self.run("systemctl is-failed airflow-watch.service").stdout.strip() == "failed"


def in_order(host: Host) -> bool:
    """Whether the firewall protects the stack and Docker's rules are complete."""
    return (
        "firewall: active" in host.ssh("airflow-watch status")
        and "--dport 8080 -j DNAT" in host.ssh("iptables-save -t nat")
        and "! -o br-airflow -j MASQUERADE" in host.ssh("iptables-save -t nat")
    )


@pytest.fixture(scope="session")
def host() -> Host:
    """The deployed host, with all services healthy."""
    host = Host()
    host.ssh("command -v nft >/dev/null || (apt-get -q update && apt-get -q -y install nftables) >/dev/null")
    # The service of package nftables flushes all rules when it starts, but nothing starts it.
    host.wait_healthy()
    return host


@pytest.fixture
def orderly(host: Host) -> Iterator[Host]:
    """The host with complete firewall rules at the start of the test."""
    # systemd limits the number of restarts and also counts those of these tests.
    host.ssh("systemctl reset-failed docker")
    wait(lambda: in_order(host), HEALED_SECONDS, "a host in order")
    host.forget_restarts()
    yield host
    host.forget_restarts()
