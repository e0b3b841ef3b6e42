"""Checks of the subnet of the stack's network, against the inventory and a host."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator, Mapping
from typing import Any

from ansible_collections.ansible_airflow.airflow.plugins.module_utils.findings.finding import Finding
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.plan.network import is_replaced

Network = ipaddress.IPv4Network
Found = Mapping[str, Any]
VARIABLE, EXTRA = "airflow_network_subnet", "airflow_extra_hosts"
# Ranges for private networks: RFC 1918, carrier-grade NAT (RFC 6598), and tests of devices (RFC 2544).
PRIVATE = [
    Network(text) for text in ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "198.18.0.0/15")
]
LARGEST = 16
# Addresses that are not for tasks: all services and commands of a host; and the network's own, broadcast, and gateway.
SERVICES, RESERVED = 12, 3
# Networks to suggest, the first /24 that is free.
SUGGESTED = [Network(text) for text in ("10.210.0.0/16", "172.30.0.0/16", "192.168.0.0/16", "100.100.0.0/16")]


def subnet_problems(subnet: str, slots: Any) -> list[Finding]:
    """Return what is wrong with ``airflow_network_subnet``.

    Args:
        subnet: Value of the variable; empty if Docker chooses.
        slots: Value of ``airflow_worker_concurrency``; a task can have a container in the network.
    """
    if not subnet:
        return []
    text = _subnet_problem(str(subnet), slots)
    return [Finding("subnet-invalid", VARIABLE, text)] if text else []


def _subnet_problem(subnet: str, slots: Any) -> str:
    """Return what is wrong with the subnet, as a sentence; empty if it is right."""
    try:
        network = Network(subnet, strict=False)
    except ValueError:
        return f"{subnet!r} is not an IPv4 network; write one such as 10.210.0.0/24, or leave it empty."
    if subnet != str(network):
        return (
            f"{subnet!r} is not written as a network; write {network}."
            if "/" in subnet
            else (f"{subnet!r} has no prefix length; write a network such as 10.210.0.0/24.")
        )
    if not any(network.subnet_of(private) for private in PRIVATE):
        ranges = ", ".join(map(str, PRIVATE[:3]))
        return (
            f"{subnet} is not in a private range, so containers would not reach these addresses; take one in {ranges}."
        )
    if network.prefixlen < LARGEST:
        return (
            f"{subnet} is larger than needed, and hides as many addresses from the host; write /{LARGEST} or smaller."
        )
    # concurrency_problems reports values that are not numbers.
    needed = SERVICES + (int(slots) if str(slots).isdigit() else 0)
    there = network.num_addresses - RESERVED
    if there >= needed:
        return ""
    prefix = 32 - (needed + RESERVED - 1).bit_length()
    return (
        f"{subnet} has {max(there, 0)} addresses for containers, but the services and {slots} tasks at the same time "
        f"(airflow_worker_concurrency) need {needed}; write /{prefix} or larger."
    )


def network_problems(found: Found, host: str, plan: Found, inputs: Found) -> list[Finding]:
    """Return why the stack's network cannot be as the inventory wants it on a host.

    Args:
        found: Result of the module airflow_deployed.
        host: Inventory name of the host.
        plan: The plan of the host.
        inputs: The public variables of role airflow.
    """
    wanted, there, around = inputs[VARIABLE], found["network"], found["host_network"]
    needed = list(_needed(around, host, plan, inputs))
    if wanted:
        problems = _overlaps(wanted, needed + list(_own(around, plan)))
    else:
        # People use the gateway of the stack's network as an address of the host.
        others = [row for row in needed if row[1] != EXTRA]
        problems = [each for subnet in there.get("subnets", []) for each in _overlaps(subnet, others)]
    if is_replaced(there, wanted, around["mtu"]) and there["guests"]:
        problems.append(_in_use(there["guests"], plan["network"]))
    return problems


def _in_use(guests: list[str], network: str) -> Finding:
    """Return that containers use a network that the run must create anew."""
    return Finding(
        "network-in-use",
        VARIABLE,
        f"the network {network} must be created anew for its new subnet or MTU, but it has containers that are not "
        f"the stack's: {', '.join(guests)}. Disconnect them (docker network disconnect {network} NAME), and connect "
        "them again after the run. If a task has started them, wait for it.",
    )


def _overlaps(subnet: str, needed: list[tuple[str, str]]) -> list[Finding]:
    """Return which of the needed addresses and networks a subnet takes away from the host."""
    mine = Network(subnet)
    taken = [f"{other} ({what})" for other, what in needed if _meets(mine, other)]
    if not taken:
        return []
    return [
        Finding(
            "subnet-overlaps",
            VARIABLE,
            f"the subnet {subnet} overlaps with {', '.join(dict.fromkeys(taken))}. The host would send such packets to "
            f"the stack's containers. Write a network that nothing else uses{_such_as([mine, *needed])}.",
        )
    ]


def _needed(around: Found, host: str, plan: Found, inputs: Found) -> Iterator[tuple[str, str]]:
    """Yield the addresses that the host must reach, with what they are."""
    yield around["controller"], "where Ansible runs"
    yield from ((address, peer) for peer, address in plan["addresses"].items() if peer != host)
    yield from ((address, "a name server of the host") for address in around["name_servers"])
    for variable in ("airflow_postgres_external", "airflow_redis_external"):
        yield str(inputs[variable].get("host", "")), variable
    yield from ((str(address), EXTRA) for address in inputs["airflow_extra_hosts"].values())


def _own(around: Found, plan: Found) -> Iterator[tuple[str, str]]:
    """Yield the addresses and networks of the host itself, except those of the stack's bridge."""
    bridge = [Network(row["network"]) for row in around["routes"] if row["interface"] == plan["bridge"]]
    for address in around["addresses"]:
        if not any(_meets(network, address) for network in bridge):
            yield address, "an address of the host"
    for row in around["routes"]:
        if row["interface"] != plan["bridge"]:
            yield row["network"], f"a route of the host, by {row['interface']}"


def _meets(subnet: Network, other: str) -> bool:
    """Return whether a network has addresses of another network, or an address; texts such as names are in none."""
    try:
        return subnet.overlaps(Network(other))
    except ValueError:
        return False


def _such_as(taken: list[Any]) -> str:
    """Return an example of a network that is none of these; empty without one."""
    others = [str(each[0] if isinstance(each, tuple) else each) for each in taken]
    candidates = (each for large in SUGGESTED for each in large.subnets(new_prefix=24))
    free = next((each for each in candidates if not any(_meets(each, other) for other in others)), None)
    return f", such as {free}" if free else ""
