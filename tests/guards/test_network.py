"""A stack whose network gets another subnet and MTU."""

from __future__ import annotations

import ipaddress
import json
from typing import TYPE_CHECKING, Any

from tests.guards.test_reality import refused

if TYPE_CHECKING:
    from tests.support.guarded import GuardedHost

SUBNET = "10.231.8.0/24"


def network(host: GuardedHost) -> tuple[str, str, set[str]]:
    """Return the subnet and the MTU of the stack's bridge, and the names of the containers in the network."""
    (found,) = json.loads(host.ssh("docker network inspect airflow"))
    containers = found["Containers"].values()
    subnet = found["IPAM"]["Config"][0]["Subnet"]
    for container in containers:
        assert ipaddress.ip_interface(container["IPv4Address"]).network == ipaddress.ip_network(subnet)
    mtu = host.ssh("cat /sys/class/net/br-airflow/mtu").strip()
    return subnet, mtu, {container["Name"] for container in containers}


def test_a_subnet_with_the_controller_is_refused(deployed: GuardedHost) -> None:
    # sudo removes SSH_CONNECTION.
    controller = deployed.ssh("ss -Htn state established '( sport = :22 )'").split()[3].rpartition(":")[0]
    subnet = str(ipaddress.ip_network(f"{controller}/24", strict=False))
    words = ("airflow_network_subnet: the subnet", f"{controller} (where Ansible runs)", "a route of the host, by eth0")
    refused(deployed, *words, airflow_network_subnet=subnet)
    refused(deployed, "is not in a private range", airflow_network_subnet="198.51.100.0/24")


def test_a_network_with_other_containers_is_not_replaced(deployed: GuardedHost) -> None:
    image = deployed.ssh("docker inspect -f '{{.Config.Image}}' airflow-redis-1").strip()
    deployed.ssh(f"docker run -d --name guest --network airflow --entrypoint sleep {image} infinity")
    try:
        refused(deployed, "not the stack's: guest. Disconnect them", airflow_network_subnet=SUBNET)
    finally:
        deployed.ssh("docker rm -f guest")


def test_another_subnet_and_mtu_restart_the_stack_once(deployed: GuardedHost) -> None:
    counts, (chosen, mtu, containers) = deployed.counts(), network(deployed)
    assert chosen != SUBNET
    variables: dict[str, Any] = {"airflow_network_subnet": SUBNET, "docker_daemon_options": {"mtu": 1400}}
    preview = deployed.play("site.yml", "--check", airflow_network_subnet=SUBNET)
    assert preview.code == 0, preview.output
    assert preview.ran("network | Remove the network")
    assert network(deployed) == (chosen, mtu, containers)
    run = deployed.play("site.yml", **variables)
    assert run.code == 0, run.output
    assert network(deployed) == (SUBNET, "1400", containers)
    again = deployed.play("site.yml", **variables)
    assert (again.code, again.changed) == (0, 0), again.output
    back = deployed.play("site.yml", docker_daemon_options_absent=["mtu"])
    assert back.code == 0, back.output
    assert network(deployed)[1:] == (mtu, containers)
    last = deployed.play("site.yml")
    assert (last.code, last.changed) == (0, 0), last.output
    assert deployed.counts() == counts
