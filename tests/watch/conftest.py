"""A deployed host of the lab, and a neighbour on its link. `make molecule SCENARIO=watch` makes them and runs all."""

from __future__ import annotations

import json
import subprocess
from typing import TYPE_CHECKING

import pytest

from tests.lab.names import REPO, V3
from tests.remote import lab, wait

if TYPE_CHECKING:
    from collections.abc import Iterator

LAB = "watch"
KNOCK = (REPO / "molecule" / "default" / "files" / "knock.py").read_text(encoding="utf-8")
# Two rounds of airflow-watch and what they take, on a machine that others use as well.
HEALED_SECONDS = 90
FLUSH = "for t in filter nat mangle raw; do iptables -t $t -F; iptables -t $t -X; done"
REACH = "import urllib.request; urllib.request.urlopen('http://feeds.lab:8000/nasa.xml', timeout=3)"


class Host:
    """The host: commands as root over SSH, and what others see of it."""

    def __init__(self) -> None:
        self.lab = lab(LAB)
        (self.remote,) = [host for name, host in self.lab.hosts.items() if "airflow" in name]
        self.ssh, self.run = self.remote.ssh, self.remote.run
        self.address = self.remote.variables["ansible_host"]
        self.neighbour = self.remote.variables["lab_container"].rpartition("-")[0] + "-feeds"

    def inspect(self, service: str, field: str) -> str:
        """What Docker says of a service's container; nothing if there is none."""
        return self.run(f"docker inspect -f '{{{{ {field} }}}}' airflow-{service}-1").stdout.strip()

    def services(self) -> list[str]:
        """The services of the stack's definition."""
        return self.ssh("docker compose -f /usr/local/projects/airflow/compose.yml config --services").split()

    def started(self) -> dict[str, str]:
        """When each service was started."""
        return {service: self.inspect(service, ".State.StartedAt") for service in self.services()}

    def healthy(self, service: str) -> bool:
        """Whether a service is healthy."""
        return self.inspect(service, ".State.Status }} {{ .State.Health.Status") == "running healthy"

    def wait_healthy(self) -> None:
        """Wait until all services are healthy."""
        for service in self.services():
            wait(lambda service=service: self.healthy(service), 300, f"a healthy {service}")  # type: ignore[misc]

    def reached(self) -> list[str]:
        """What a neighbour reaches that sends what no router would bring there."""
        targets = ["127.0.0.1:8080", f"{self.address}:8080"]
        for service, port in (("webserver", 8080), ("postgres", 5432), ("redis", 6379), ("worker", 8793)):
            address = self.inspect(service, ".NetworkSettings.Networks.airflow.IPAddress")
            targets += [f"{address}:{port}"] if address else []
        argv = ["docker", "exec", "-i", self.neighbour, "python3", "-", self.address, f"{self.address}:22", *targets]
        found = json.loads(subprocess.run(argv, input=KNOCK, capture_output=True, text=True, check=True).stdout)
        # Without it the neighbour itself is lost, and reaches nothing because of that.
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
        """What airflow-watch has left in the journal since a time of the host."""
        return self.ssh(f"journalctl -u airflow-watch -o cat --since '{since}'")

    def now(self) -> str:
        """The time of the host, as journalctl takes it."""
        return self.ssh("sleep 1; date '+%F %T'").strip()

    def forget_restarts(self) -> None:
        """Let airflow-watch restart Docker as if it had not for long."""
        self.ssh("rm -f /run/airflow-watch/docker_restarts.json")

    def failed(self) -> bool:
        """Whether the last round failed."""
        return self.run("systemctl is-failed airflow-watch.service").stdout.strip() == "failed"


def in_order(host: Host) -> bool:
    """Whether neither strangers reach the stack nor anything of Docker's is missing."""
    return (
        "strangers are kept out" in host.ssh("airflow-watch status")
        and "--dport 8080 -j DNAT" in host.ssh("iptables-save -t nat")
        and "! -o br-airflow -j MASQUERADE" in host.ssh("iptables-save -t nat")
    )


@pytest.fixture(scope="session")
def host() -> Host:
    """The deployed host, in order."""
    host = Host()
    host.ssh("command -v nft >/dev/null || (apt-get -q update && apt-get -q -y install nftables) >/dev/null")
    # The package's own service flushes all when it starts, but nobody starts it.
    host.wait_healthy()
    return host


@pytest.fixture
def orderly(host: Host) -> Iterator[Host]:
    """The host in order, before and after."""
    # systemd counts the restarts of these tests as well.
    host.ssh("systemctl reset-failed docker")
    wait(lambda: in_order(host), HEALED_SECONDS, "a host in order")
    host.forget_restarts()
    yield host
    host.forget_restarts()
