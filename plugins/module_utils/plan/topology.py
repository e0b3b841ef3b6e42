"""Topology of a stack: its services, the groups whose hosts run them, and how the hosts reach each other."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ansible_collections.ansible_airflow.airflow.plugins.module_utils.plan.servers import PORTS

Row = Mapping[str, Any]
Groups = Mapping[str, Sequence[str]]

# Values for workers that the inventory does not set: the defaults of role airflow, which are not among a host's
# variables.
DEFAULT_QUEUES = ("default",)
DEFAULT_SLOTS = 16
# Seconds; default of airflow_worker_grace_period.
DEFAULT_GRACE = 600
# Port on which Ansible itself reaches a host.
SSH_PORT = 22


def keeper(groups: Groups) -> str:
    """Return the host that holds all secrets and generates missing ones; others receive what their services read.

    Args:
        groups: Ansible's ``groups``.

    Returns:
        The host of Postgres or, if Postgres is external, the first scheduler; empty if there is neither.
    """
    return next((host for name in ("postgres", "scheduler") for host in groups.get(f"airflow_{name}", [])), "")


def placement(services: Mapping[str, Row], inputs: Mapping[str, Any], release: Row, spread: bool) -> dict[str, Any]:
    """Return the services of a stack, and the groups whose hosts run them.

    Args:
        services: The service table of role airflow.
        inputs: The public variables of role airflow that are set, by name.
        release: Row of the release table; empty if the release is unknown, which preflight refuses. Then all services
            of Airflow are included.
        spread: Whether the stack is on several hosts.

    Returns:
        ``all_groups`` and ``groups`` (inventory group by long-running service: of the whole table, and of this stack),
        ``external`` (external servers, by the service that they replace), ``table`` (rows of the services of this
        stack), ``airflow_names`` (services of the whole table that run Airflow's image) and ``commands`` (services in
        whose container Airflow commands are run, the preferred one first).
    """
    running = {name: row for name, row in services.items() if "group" in row}
    external = {name: server for name, row in running.items() if (server := inputs.get(row.get("external", "")))}
    absent = [
        name
        for name, row in running.items()
        if name in external
        or (row.get("spread") and not spread)
        or (row.get("airflow") and release and name not in release["services"])
    ]
    groups = {name: row["group"] for name, row in running.items()}
    commands = [name for name, row in running.items() if "commands" in row]
    return {
        "table": {name: dict(row) for name, row in services.items() if name not in absent},
        "all_groups": groups,
        "groups": {name: group for name, group in groups.items() if name not in absent},
        "external": external,
        "airflow_names": [name for name, row in running.items() if row.get("airflow")],
        "commands": sorted(commands, key=lambda name: int(services[name]["commands"])),
    }


def published(services: Mapping[str, Any], release: Row, groups: Groups) -> dict[str, list[int]]:
    """Return the TCP ports that each host publishes for the stack's other hosts.

    Hosts without the stack's Postgres may run one of another program, whose port must stay open.

    Args:
        services: What `placement` returns.
        release: Row of the release table.
        groups: Ansible's ``groups``.
    """
    found: dict[str, list[int]] = {host: [] for host in groups.get("airflow", [])}
    for name, group in services["groups"].items():
        port = PORTS.get(name) or release["services"].get(name, {}).get("log_port")
        for host in groups.get(group, []):
            if port and port not in found.get(host, []):
                found.setdefault(host, []).append(port)
    return found


def internal_ports(release: Row) -> list[int]:
    """Return the TCP ports that any service publishes for the stack's other hosts.

    Args:
        release: Row of the release table.
    """
    logs = (row["log_port"] for row in release["services"].values() if "log_port" in row)
    return list(dict.fromkeys([*PORTS.values(), *logs]))


def reachable(host: str, addresses: Mapping[str, str], release: Row) -> dict[str, list[int]]:
    """Return the TCP ports that a host tries on each other host; it is enough if one accepts or refuses a connection.

    Args:
        host: Inventory name of the host that tries.
        addresses: Address of each host in the shared network.
        release: Row of the release table.

    Returns:
        Ports by address.
    """
    ports = [SSH_PORT, *internal_ports(release)]
    return {address: ports for other, address in addresses.items() if other != host}
