"""The networks of a host: routes, addresses, name servers, the address of the controller, and Docker's MTU."""

from __future__ import annotations

import ipaddress
import json
import os
import socket
import struct
from typing import Any

PROC = "/proc"
DAEMON_JSON = "/etc/docker/daemon.json"
# The first one lists the servers behind the stub of systemd-resolved, and exists only with it.
RESOLV = ("/run/systemd/resolve/resolv.conf", "/etc/resolv.conf")
# Option of a network with its MTU. daemon.json has the option `mtu` for docker0 only, and defaults for other networks.
MTU_OPTION = "com.docker.network.driver.mtu"


def state() -> dict[str, Any]:
    """Return all of it: ``routes``, ``addresses``, ``name_servers``, ``controller`` and ``mtu``."""
    servers = next((found for path in RESOLV if (found := name_servers(_text(path)))), [])
    return {
        "routes": routes(_text(f"{PROC}/net/route")),
        "addresses": addresses(_text(f"{PROC}/net/fib_trie")),
        "name_servers": servers,
        "controller": controller(os.getpid()),
        "mtu": mtu(_text(DAEMON_JSON)),
    }


def _text(path: str) -> str:
    """Return the content of a file; an empty string if it cannot be read."""
    try:
        with open(path, encoding="utf-8-sig", errors="replace") as file:
            return file.read()
    except OSError:
        return ""


def routes(table: str) -> list[dict[str, str]]:
    """Return the IPv4 networks to which the host has a route, except the default route.

    Args:
        table: Content of /proc/net/route, which has the addresses in the byte order of the machine.

    Returns:
        ``interface`` and ``network`` of each.
    """
    found = []
    for line in table.splitlines()[1:]:
        fields = line.split()
        interface, address, mask = fields[0], _address(fields[1]), _address(fields[7])
        # The halves of the address space are the default route of many a VPN.
        if ipaddress.IPv4Network(f"0.0.0.0/{mask}").prefixlen > 1:
            found.append(
                {"interface": interface, "network": str(ipaddress.IPv4Network(f"{address}/{mask}", strict=False))}
            )
    return found


def _address(word: str) -> str:
    return socket.inet_ntoa(struct.pack("=I", int(word, 16)))


def addresses(trie: str) -> list[str]:
    """Return the host's own IPv4 addresses, except loopback ones.

    Args:
        trie: Content of /proc/net/fib_trie. The line after that of an address says what it is.
    """
    found, address = [], ""
    for line in trie.splitlines():
        words = line.split()
        if words[:1] in (["|--"], ["+--"]):
            address = words[1]
        elif words[:3] == ["/32", "host", "LOCAL"] and not ipaddress.IPv4Address(address).is_loopback:
            found.append(address)
    return sorted(set(found))


def name_servers(text: str) -> list[str]:
    """Return the IPv4 addresses of name servers, except loopback ones.

    Args:
        text: Content of a resolv.conf.
    """
    rows = (line.split() for line in text.splitlines())
    return [row[1] for row in rows if row[:1] == ["nameserver"] and len(row) > 1 and _is_remote(row[1])]


def _is_remote(text: str) -> bool:
    """Return whether a string is an IPv4 address, and no loopback one."""
    try:
        return not ipaddress.IPv4Address(text).is_loopback
    except ValueError:
        return False


def controller(pid: int) -> str:
    """Return the IPv4 address from which Ansible is connected over SSH.

    sudo removes the variable SSH_CONNECTION, so the processes that started this one are asked: the shell of the SSH
    session has it.

    Args:
        pid: PID of the process to start with.

    Returns:
        The address; empty without SSH, or if the connection is over IPv6.
    """
    while pid > 1:
        for entry in _text(f"{PROC}/{pid}/environ").split("\0"):
            name, _, value = entry.partition("=")
            if name == "SSH_CONNECTION" and value:
                return value.split()[0] if _is_remote(value.split()[0]) else ""
        # The program name is in parentheses, and may itself contain spaces and parentheses; the state comes next.
        fields = _text(f"{PROC}/{pid}/stat").rpartition(")")[2].split()
        pid = int(fields[1]) if len(fields) > 1 else 0
    return ""


def mtu(text: str) -> str:
    """Return the MTU that daemon.json sets, for the networks of containers: Docker itself uses it for docker0 only.

    Args:
        text: Content of daemon.json, which can be empty.

    Returns:
        The MTU as Docker's option wants it; empty if the file does not set one.
    """
    try:
        options = json.loads(text or "{}")
        defaults = (options.get("default-network-opts") or {}).get("bridge") or {}
        return str(defaults.get(MTU_OPTION) or options.get("mtu") or "")
    except (ValueError, AttributeError):
        return ""
