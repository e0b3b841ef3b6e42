"""Checks that compare the hosts of a stack with each other."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ansible_collections.ansible_airflow.airflow.plugins.module_utils.findings.finding import Finding
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.plan.problems.limited import limited_problems

State = Mapping[str, Any]
States = Mapping[str, State]

# Seconds by which clocks may differ. From 30 s on, Airflow 2.5 refuses to show the log of a task on another host.
CLOCK_LIMIT = 10


def address_problems(addresses: Mapping[str, str], own: Mapping[str, Sequence[str]]) -> list[Finding]:
    """Return the hosts whose private address is not one of their own addresses.

    Args:
        addresses: ``airflow_private_address`` by host.
        own: The IPv4 addresses of each host whose facts are known.
    """
    return [
        Finding(
            "address-not-own",
            "",
            f"airflow_private_address {addresses[host]} is not one of the host's own addresses "
            f"({', '.join(sorted(found))}); write the one that the other hosts of the stack can reach.",
            host,
        )
        for host, found in own.items()
        if addresses[host] not in found
    ]


def reach_problems(states: States, addresses: Mapping[str, str]) -> list[Finding]:
    """Return which hosts cannot reach which others, among the hosts that Ansible can reach."""
    hosts = {address: host for host, address in addresses.items()}
    return [
        Finding(
            "address-unreachable",
            "",
            f"cannot reach {hosts[address]} at its airflow_private_address, {address}; none of the TCP ports that were "
            "tried there answers. Correct the address, the route, or the firewall between the two hosts.",
            host,
        )
        for host, state in states.items()
        for address in state["unreachable_addresses"]
        if hosts[address] in states
    ]


def server_problems(states: States, servers: Mapping[str, str]) -> list[Finding]:
    """Return which hosts cannot reach the external Postgres or Redis.

    Args:
        states: The hosts' states.
        servers: Name of the variable that sets a server, by ``HOST:PORT``.
    """
    return [
        Finding(
            "server-unreachable",
            "",
            f"nothing answers at {server}, which is set in {servers[server]}. Correct the variable, or allow {host} "
            "and its containers to connect to that server.",
            host,
        )
        for host, state in states.items()
        for server in state.get("silent_servers", [])
    ]


def clock_problems(states: States, reference: str) -> list[Finding]:
    """Return the hosts whose clock differs too much from the reference host's clock."""
    problems = []
    for host, state in states.items():
        ahead = state["clock_offset"] - states[reference]["clock_offset"]
        if abs(ahead) - state["clock_error"] - states[reference]["clock_error"] > CLOCK_LIMIT:
            word = "ahead of" if ahead > 0 else "behind"
            text = (
                f"its clock is {abs(ahead):.0f} s {word} that of {reference}; the limit is {CLOCK_LIMIT} s, because "
                "Airflow refuses to show logs if clocks differ too much. Synchronize both hosts with "
                "systemd-timesyncd or chrony."
            )
            problems.append(Finding("clock-differs", "", text, host))
    return problems


def secret_problems(states: States, holder: str, names: Sequence[str], given: Sequence[str]) -> list[Finding]:
    """Return which hosts have secrets that differ from the keeper's or that the keeper lacks.

    Args:
        states: The hosts' states.
        holder: The keeper.
        names: Names of the secrets that are the same on all hosts.
        given: Names of the secrets that the inventory sets, which override the files.
    """
    problems = []
    mine = states[holder]["digests"]
    for host, state in states.items():
        for name, digest in state["digests"].items():
            if name not in names or name in given or host == holder:
                continue
            if name not in mine:
                text = (
                    f"has the secret {name}, but {holder}, the keeper of the secrets, does not. Copy the secret files "
                    f"of {host} to {holder}, or set airflow_{name}; if {host} belonged to another installation, "
                    "remove its secrets."
                )
                problems.append(Finding("secret-missing", "", text, host))
            elif digest != mine[name]:
                text = (
                    f"its secret {name} differs from the one on {holder}, the keeper of the secrets. Remove the file "
                    f"on {host} if the one on {holder} is right, or set airflow_{name} to the right value."
                )
                problems.append(Finding("secret-differs", "", text, host))
    return problems


def database_problems(states: States, holder: str) -> list[Finding]:
    """Return which hosts hold Airflow's database although the inventory places Postgres elsewhere.

    Args:
        states: The hosts' states.
        holder: The host that runs Postgres; empty if it is external.
    """
    instead = f"group airflow_postgres names {holder}" if holder else "airflow_postgres_external names another server"
    return [
        Finding(
            "database-elsewhere",
            "",
            f"Airflow's database is on this host, but {instead}. The data is not moved automatically: put {host} back "
            f"into the group; or move the data, then remove the Docker volume airflow_postgres_data on {host}.",
            host,
        )
        for host, state in states.items()
        if state["database"] and host != holder
    ]


def cluster_problems(
    results: Mapping[str, State],
    plan: Mapping[str, Any],
    own: Mapping[str, Sequence[str]],
    this_run: Mapping[str, Any],
) -> list[Finding]:
    """Return every inconsistency between the hosts of a stack, each with what to do.

    Args:
        results: Results of the module airflow_host_state by host; with ``unreachable`` if Ansible cannot reach the
            host.
        plan: The plan of any host of the stack.
        own: IPv4 addresses by host, in a stack of several hosts.
        this_run: See `limited_problems`.
    """
    states = {host: state for host, state in results.items() if "digests" in state}
    failed = [
        Finding("host-unreadable", "", str(state.get("msg", "its state cannot be read")), host)
        for host, state in results.items()
        if host not in states and not state.get("unreachable")
    ]
    needed = {service: next(iter(plan["services"]["hosts"].get(service, [])), "") for service in ("postgres", "redis")}
    if failed or (missing := _missing(states, plan["keeper"], needed)):
        return failed or missing
    comparison = plan["comparison"]
    return [
        *address_problems(plan["addresses"], own),
        *reach_problems(states, plan["addresses"]),
        *server_problems(states, comparison["servers"]),
        *clock_problems(states, plan["keeper"]),
        *secret_problems(states, plan["keeper"], comparison["secrets"], comparison["given"]),
        *database_problems(states, needed["postgres"]),
        *limited_problems(states, plan, this_run),
    ]


def _missing(states: States, keeper: str, needed: Mapping[str, str]) -> list[Finding]:
    """Return the unreachable hosts that all other hosts depend on."""
    missing = [
        Finding(
            "host-unreachable",
            "",
            f"Ansible cannot reach this host, which runs {service.title()}; without it nothing can be done on the "
            "other hosts.",
            host,
        )
        for service, host in needed.items()
        if host and host not in states
    ]
    if not missing and keeper not in states:
        text = (
            "Ansible cannot reach this host, which is the keeper of the secrets (the first host in group "
            "airflow_scheduler); without it nothing can be done on the other hosts."
        )
        missing = [Finding("host-unreachable", "", text, keeper)]
    return missing
