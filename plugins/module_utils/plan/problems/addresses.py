"""Checks of the hosts' addresses."""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping

# Smallest number of hosts with which they need addresses.
MANY = 2


def address_problems(addresses: Mapping[str, str]) -> list[str]:
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
            unset = "is not set, or is a template that needs facts"
            what = f"{address!r} is not an address that other hosts can reach" if address else unset
            problems.append(
                f"airflow_private_address of {host}: {what}; set it in the inventory to the host's IPv4 address in the "
                "network that it shares with the other hosts of the stack."
            )
        elif address in seen:
            problems.append(
                f"airflow_private_address of {host}: {address} is also the address of {seen[address]}; correct one of "
                "the two."
            )
        else:
            seen[address] = host
    return problems


def bind_problems(address: str) -> list[str]:
    """Return what is wrong with ``airflow_web_bind_address``.

    Args:
        address: An IPv4 address of the host.
    """
    if is_address(address):
        return []
    return [f"airflow_web_bind_address: {address!r} is not an IPv4 address; write one, such as 127.0.0.1 or 0.0.0.0."]


def is_address(text: str) -> bool:
    """Return whether a string is an IPv4 address."""
    try:
        ipaddress.IPv4Address(text)
    except ValueError:
        return False
    return True
