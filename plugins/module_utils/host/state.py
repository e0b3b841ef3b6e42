"""The state of a host of a stack, and which other hosts it can reach."""

from __future__ import annotations

import hashlib
import os
import socket
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor

# Arguments of the module; its action plugin refuses others before anything is sent to the host.
ARGUMENTS = {
    "reach": {"type": "dict", "default": {}},
    "servers": {"type": "list", "elements": "str", "default": []},
    "secrets_directory": {"type": "path", "default": "/etc/airflow/secrets", "no_log": False},
    # Names, not values.
    "secrets": {"type": "list", "elements": "str", "default": [], "no_log": False},
    "volume": {"type": "str", "default": "airflow_postgres_data"},
    "project": {"type": "str", "default": "airflow"},
    "ca_file": {"type": "path", "default": "/usr/local/projects/airflow/ca/ca.crt"},
    "firewall_file": {"type": "path", "default": "/etc/airflow-firewall.nft"},
    "places": {
        "type": "list",
        "elements": "dict",
        "default": [],
        "options": {
            "name": {"type": "str", "required": True},
            "path": {"type": "str", "default": ""},
            "volume": {"type": "str", "default": ""},
        },
    },
    "data_root": {"type": "str", "default": ""},
}
# Prefix of compose's labels.
COMPOSE = "com.docker.compose"
RunCommand = Callable[[list[str]], tuple[int, str, str]]
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


def images(run_command: RunCommand, docker: str, project: str) -> dict[str, str]:
    """Return the image of each service of a compose project, as the container was created with it.

    Args:
        run_command: Runs an argument list, and returns exit code, output and error output.
        docker: Path of the docker command.
        project: Name of the project.
    """
    _, ids, _ = run_command([docker, "ps", "-aq", "--filter", f"label={COMPOSE}.project={project}"])
    row = f'{{{{index .Config.Labels "{COMPOSE}.service"}}}}\t{{{{.Config.Image}}}}'
    _, rows, _ = run_command([docker, "inspect", "--format", row, *ids.split()]) if ids.split() else (0, "", "")
    return dict(line.split("\t", 1) for line in rows.splitlines() if "\t" in line)


def digests(directory: str, names: Iterable[str]) -> dict[str, str]:
    """Return the SHA-256 of each existing secret, by name, without the line break that an editor adds.

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
                found[name] = hashlib.sha256(file.read().rstrip(b"\n")).hexdigest()
        except FileNotFoundError:
            continue
    return found
