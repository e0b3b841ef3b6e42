"""The subnet of the stack's network against the inventory and a host."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.findings.kinds import ACCEPTABLE
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.plan.problems.deployed import deployed_problems
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.plan.problems.network import (
    network_problems,
    subnet_problems,
)

from tests.unit.plugins.module_utils.plan.problems import test_deployed as deployed

ROUTES = [
    {"interface": "eth0", "network": "192.0.2.0/24"},
    {"interface": "wg0", "network": "10.8.0.0/16"},
    {"interface": "docker0", "network": "172.17.0.0/16"},
    {"interface": "br-airflow", "network": "172.18.0.0/16"},
]
HOST = {
    "routes": ROUTES,
    "addresses": ["10.99.0.1", "172.17.0.1", "172.18.0.1", "192.0.2.11"],
    "name_servers": ["10.53.0.2"],
    "controller": "10.20.0.5",
    "mtu": "",
}
THERE = {"settings": "", "subnets": ["172.18.0.0/16"], "guests": []}
PLAN: dict[str, Any] = {
    "network": "airflow",
    "bridge": "br-airflow",
    "addresses": {"one": "192.0.2.11", "two": "10.30.0.12", "three": "172.18.9.3"},
}
INPUTS: dict[str, Any] = {
    "airflow_network_subnet": "",
    "airflow_postgres_external": {"host": "10.40.0.5"},
    "airflow_redis_external": {"host": "redis.example.com"},
    "airflow_extra_hosts": {"warehouse.internal": "10.50.0.7", "gateway": "host-gateway"},
}


def found(subnet: str, there: dict[str, Any] | None = None, mtu: str = "", host: str = "one") -> list[Any]:
    """Return the findings of a host."""
    state = {"network": THERE if there is None else there, "host_network": {**HOST, "mtu": mtu}}
    return network_problems(state, host, PLAN, {**INPUTS, "airflow_network_subnet": subnet})


@pytest.mark.parametrize(
    ("subnet", "slots"),
    [
        ("", 16),
        ("10.210.0.0/24", 16),
        ("172.16.0.0/16", 16),
        ("192.168.7.32/27", 16),
        ("100.64.3.0/24", "16"),
        ("10.0.0.0/28", 1),
        ("10.210.0.0/24", "many"),
    ],
)
def test_a_private_network_with_enough_addresses_is_right(subnet: str, slots: Any) -> None:
    assert subnet_problems(subnet, slots) == []


@pytest.mark.parametrize(
    ("subnet", "slots", "words"),
    [
        ("auto", 16, "'auto' is not an IPv4 network; write one such as 10.210.0.0/24"),
        ("fd00::/64", 16, "is not an IPv4 network"),
        ("10.210.0.0/33", 16, "is not an IPv4 network"),
        ("10.210.0.7/24", 16, "is not written as a network; write 10.210.0.0/24."),
        ("10.210.0.0/255.255.255.0", 16, "write 10.210.0.0/24."),
        ("10.210.0.0", 16, "has no prefix length"),
        ("8.8.8.0/24", 16, "is not in a private range"),
        ("192.0.2.0/24", 16, "is not in a private range"),
        ("172.0.0.0/9", 16, "is not in a private range"),
        ("10.0.0.0/8", 16, "is larger than needed"),
        ("172.16.0.0/12", 16, "write /16 or smaller"),
        ("10.210.0.0/28", 16, "has 13 addresses for containers, but the services and 16 tasks"),
        ("10.210.0.0/28", 16, "need 28; write /27 or larger."),
        ("10.210.0.0/27", 64, "need 76; write /25 or larger."),
        ("10.210.0.0/32", 1, "has 0 addresses for containers"),
    ],
)
def test_another_subnet_is_refused(subnet: str, slots: Any, words: str) -> None:
    (finding,) = subnet_problems(subnet, slots)
    assert finding.id == "subnet-invalid"
    assert finding.startswith("airflow_network_subnet: ")
    assert words in finding


@pytest.mark.parametrize("subnet", ["", "10.210.0.0/24", "172.18.0.0/20", "172.19.0.0/16"])
def test_a_subnet_that_nothing_else_uses_is_right(subnet: str) -> None:
    # The address of host three is in Docker's choice, and in the third subnet's neighbourhood.
    plan = {**PLAN, "addresses": {"one": "192.0.2.11", "three": "172.31.9.3"}}
    state = {"network": THERE, "host_network": HOST}
    assert network_problems(state, "one", plan, {**INPUTS, "airflow_network_subnet": subnet}) == []


@pytest.mark.parametrize(
    ("subnet", "words"),
    [
        ("10.20.0.0/24", "10.20.0.5 (where Ansible runs)"),
        ("10.20.0.0/29", "10.20.0.5 (where Ansible runs)"),
        ("10.30.0.0/16", "10.30.0.12 (two)"),
        ("172.18.0.0/20", "172.18.9.3 (three)"),
        ("10.53.0.0/24", "10.53.0.2 (a name server of the host)"),
        ("10.40.0.0/24", "10.40.0.5 (airflow_postgres_external)"),
        ("10.50.0.0/24", "10.50.0.7 (airflow_extra_hosts)"),
        ("10.99.0.0/24", "10.99.0.1 (an address of the host)"),
        ("10.8.7.0/24", "10.8.0.0/16 (a route of the host, by wg0)"),
        ("172.17.0.0/24", "172.17.0.1 (an address of the host), 172.17.0.0/16 (a route of the host, by docker0)"),
    ],
)
def test_a_subnet_with_needed_addresses_is_refused(subnet: str, words: str) -> None:
    (finding,) = found(subnet)
    assert finding.id == "subnet-overlaps"
    assert finding.id in ACCEPTABLE
    assert f"airflow_network_subnet: the subnet {subnet} overlaps with {words}." in finding
    assert "such as 10.210.0.0/24." in finding


def test_a_subnet_that_docker_has_chosen_is_compared_with_peers() -> None:
    (finding,) = found("")
    assert finding.startswith("airflow_network_subnet: the subnet 172.18.0.0/16 overlaps with 172.18.9.3 (three).")
    # Not with the host's own routes, which Docker avoids, and not before there is a network.
    assert found("", {}) == []
    assert found("", {**THERE, "subnets": ["172.19.0.0/16"]}) == []


def test_the_suggestion_is_free() -> None:
    routes = [{"interface": "eth1", "network": "10.210.0.0/23"}, *ROUTES]
    plan = {**PLAN, "addresses": {"one": "192.0.2.11", "two": "10.210.2.9"}}
    state = {"network": {}, "host_network": {**HOST, "routes": routes}}
    (finding,) = network_problems(state, "one", plan, {**INPUTS, "airflow_network_subnet": "10.210.1.0/24"})
    assert "such as 10.210.3.0/24." in finding


@pytest.mark.parametrize(
    ("settings", "subnet", "mtu", "refused"),
    [
        ("", "10.210.0.0/24", "", True),
        ("", "10.210.0.0/24", "1450", True),
        ("subnet=10.210.0.0/24", "10.210.0.0/24", "1450", True),
        ("subnet=10.210.0.0/24", "10.210.0.0/24", "", False),
        ("mtu=1450", "", "1450", False),
    ],
)
def test_other_containers_are_not_disconnected(settings: str, subnet: str, mtu: str, refused: bool) -> None:
    there = {"settings": settings, "subnets": ["172.19.0.0/16"], "guests": ["api", "grafana"]}
    problems = found(subnet, there, mtu)
    assert [each.id for each in problems] == ["network-in-use"] * refused
    assert all("not the stack's: api, grafana. Disconnect them" in each for each in problems)
    assert found(subnet, {**there, "guests": []}, mtu) == []


def test_a_removal_needs_no_subnet() -> None:
    state = {"network": THERE, "host_network": {**HOST, "controller": "10.210.0.5"}}
    changes = {"airflow_network_subnet": "10.210.0.0/24"}
    (finding,) = deployed.problems(state, **changes)
    assert finding.startswith("airflow_network_subnet: ")
    assert deployed.problems(state, removing=True, **changes) == []
    assert deployed_problems({**deployed.EMPTY, **state}, "two", deployed.PLAN, {**deployed.INPUTS, **changes})
