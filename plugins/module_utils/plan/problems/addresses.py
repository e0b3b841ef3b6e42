"""Checks of the hosts' addresses."""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping

from ansible_collections.ansible_airflow.airflow.plugins.module_utils.findings.finding import Finding

# Smallest number of hosts with which they need addresses.
MANY = 2


def address_problems(addresses: Mapping[str, str]) -> list[Finding]:
    """Return what is wrong with ``airflow_private_address``, which every host needs in a stack of several hosts.

    Args:
        addresses: Value of the variable by host; empty where it is not set.
    """
    if len(addresses) < MANY:
        return []
    problems = []
    seen: dict[str, str] = {}
    for host, address in addresses.items():
        if not is_address(address) or ipaddress.IPv4Address(address).is_loopback or address == "0.0.0.0":  # noqa: S104
            kind, what = "address-missing", "is not set, or is a template that needs facts"
            if address:
                kind, what = "address-invalid", f"{address!r} is not an address that other hosts can reach"
            advice = (
                "set it in the inventory to the host's IPv4 address in the network that it shares with the other hosts "
                "of the stack."
            )
            problems.append(Finding(kind, "airflow_private_address", f"{what}; {advice}", host))
        elif address in seen:
            text = f"{address} is also the address of {seen[address]}; correct one of the two."
            problems.append(Finding("address-duplicate", "airflow_private_address", text, host))
        else:
            seen[address] = host
    return problems


def bind_problems(address: str) -> list[Finding]:
    """Return what is wrong with ``airflow_web_bind_address``.

    Args:
        address: An IPv4 address of the host.
    """
    if is_address(address):
        return []
    text = f"{address!r} is not an IPv4 address; write one, such as 127.0.0.1 or 0.0.0.0."
    return [Finding("address-invalid", "airflow_web_bind_address", text)]


def is_address(text: str) -> bool:
    """Return whether a string is an IPv4 address."""
    try:
        ipaddress.IPv4Address(text)
    except ValueError:
        return False
    return True
