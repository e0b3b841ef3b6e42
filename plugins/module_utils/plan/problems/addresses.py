"""What is wrong with the addresses of hosts."""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping

# From so many hosts on they need addresses.
MANY = 2


def address_problems(addresses: Mapping[str, str]) -> list[str]:
    """Return what is wrong with ``airflow_private_address``, which every host needs where there are several.

    :param addresses: the variable's value by host, empty where it is not set
    """
    if len(addresses) < MANY:
        return []
    problems = []
    seen: dict[str, str] = {}
    for host, address in addresses.items():
        if not is_address(address) or ipaddress.IPv4Address(address).is_loopback or address == "0.0.0.0":  # noqa: S104
            what = f"{address!r} is no address that other hosts reach" if address else "is not set, or takes facts"
            problems.append(
                f"airflow_private_address of {host}: {what}; write in the inventory the IPv4 address of the host in "
                "the network that it shares with the stack's other hosts."
            )
        elif address in seen:
            problems.append(f"airflow_private_address of {host}: {address} is {seen[address]}'s, too; correct it.")
        else:
            seen[address] = host
    return problems


def bind_problems(address: str) -> list[str]:
    """Return what is wrong with ``airflow_web_bind_address``.

    :param address: an IPv4 address of the host
    """
    if is_address(address):
        return []
    return [f"airflow_web_bind_address: {address!r} is no IPv4 address; write one, such as 127.0.0.1 or 0.0.0.0."]


def is_address(text: str) -> bool:
    """Return whether a text is an IPv4 address."""
    try:
        ipaddress.IPv4Address(text)
    except ValueError:
        return False
    return True
