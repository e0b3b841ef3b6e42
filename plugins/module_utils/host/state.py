"""The state of a host of a stack, and which other hosts it can reach."""

from __future__ import annotations

import hashlib
import os
import socket
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor

# Arguments of the module; its action plugin refuses others before anything is sent to the host.
ARGUMENTS = {
    "reach": {"type": "dict", "default": {}},
    "servers": {"type": "list", "elements": "str", "default": []},
    "secrets_directory": {"type": "path", "default": "/etc/airflow/secrets", "no_log": False},
    # Names, not values.
    "secrets": {"type": "list", "elements": "str", "default": [], "no_log": False},
    "volume": {"type": "str", "default": "airflow_postgres_data"},
}
# Seconds to wait for the answer of another host.
PATIENCE = 3.0


def answers(address: str, port: int, seconds: float = PATIENCE) -> bool:
    """Return whether a host answers on a TCP port; a refused connection is an answer, too.

    Args:
        address: IPv4 address.
        port: TCP port.
        seconds: How long to wait.
    """
    try:
        with socket.create_connection((address, port), timeout=seconds):
            return True
    except ConnectionRefusedError:
        return True
    except OSError:
        return False


def unreachable(targets: Mapping[str, Sequence[int]], seconds: float = PATIENCE) -> list[str]:
    """Return the addresses that answer on none of their ports.

    Args:
        targets: TCP ports by IPv4 address.
        seconds: How long to wait for each.
    """
    pairs = [(address, port) for address, ports in targets.items() for port in ports]
    with ThreadPoolExecutor(max(1, min(len(pairs), 64))) as pool:
        found = dict(pool.map(lambda pair: (pair, answers(pair[0], pair[1], seconds)), pairs))
    reached = {address for (address, _), answered in found.items() if answered}
    return sorted(set(targets) - reached)


def silent_servers(servers: Iterable[str], seconds: float = PATIENCE) -> list[str]:
    """Return the servers that accept no connection.

    Args:
        servers: Each as ``HOST:PORT``.
        seconds: How long to wait for each.
    """
    found = []
    for server in servers:
        host, _, port = server.rpartition(":")
        try:
            socket.create_connection((host, int(port)), timeout=seconds).close()
        except OSError:
            found.append(server)
    return found


def digests(directory: str, names: Iterable[str]) -> dict[str, str]:
    """Return the SHA-256 of each existing secret, by name.

    Args:
        directory: Directory of the secrets.
        names: Names of files in it.

    Raises:
        OSError: An existing secret cannot be read.
    """
    found = {}
    for name in names:
        try:
            with open(os.path.join(directory, name), "rb") as file:
                found[name] = hashlib.sha256(file.read()).hexdigest()
        except FileNotFoundError:
            continue
    return found
