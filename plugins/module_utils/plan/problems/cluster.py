"""What does not fit together on the hosts of a stack."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

State = Mapping[str, Any]
States = Mapping[str, State]

# Seconds by which clocks may differ. Airflow 2.5 refuses to show the log of another host's task from 30 on.
CLOCK_LIMIT = 10


def address_problems(addresses: Mapping[str, str], own: Mapping[str, Sequence[str]]) -> list[str]:
    """Return which addresses a host does not have itself.

    :param addresses: ``airflow_private_address`` by host
    :param own: the IPv4 addresses of each host whose facts are known
    """
    return [
        f"{host}: airflow_private_address {addresses[host]} is none of its own addresses ({', '.join(sorted(found))}); "
        "write the one that the stack's other hosts reach."
        for host, found in own.items()
        if addresses[host] not in found
    ]


def reach_problems(states: States, addresses: Mapping[str, str]) -> list[str]:
    """Return which hosts do not reach which others, of those that Ansible reaches."""
    hosts = {address: host for host, address in addresses.items()}
    return [
        f"{host}: it does not reach {hosts[address]} at {address}, the airflow_private_address of that host; no TCP "
        "port that was tried answers there. Correct the address, the route, or the firewall between the two."
        for host, state in states.items()
        for address in state["unreachable_addresses"]
        if hosts[address] in states
    ]


def server_problems(states: States, servers: Mapping[str, str]) -> list[str]:
    """Return which hosts do not reach Postgres or Redis of the user's own.

    :param states: the hosts' states
    :param servers: the variable that names a server, by ``HOST:PORT``
    """
    return [
        f"{host}: nothing answers at {server}, which {servers[server]} names. Correct the variable, or let {host} and "
        "the containers on it reach that server."
        for host, state in states.items()
        for server in state.get("silent_servers", [])
    ]


def clock_problems(states: States, reference: str) -> list[str]:
    """Return whose clock is too far from that of the host of reference."""
    problems = []
    for host, state in states.items():
        ahead = state["clock_offset"] - states[reference]["clock_offset"]
        if abs(ahead) - state["clock_error"] - states[reference]["clock_error"] > CLOCK_LIMIT:
            word = "ahead of" if ahead > 0 else "behind"
            problems.append(
                f"{host}: its clock is {abs(ahead):.0f} s {word} that of {reference}; more than {CLOCK_LIMIT} s are "
                "refused, because Airflow would not show logs. Have systemd-timesyncd or chrony set the time on both."
            )
    return problems


def secret_problems(states: States, holder: str, given: Sequence[str]) -> list[str]:
    """Return which secrets differ between hosts, and which hosts have them while the host that makes them has not.

    :param states: the hosts' states
    :param holder: the host that holds the secrets
    :param given: names of those that the inventory gives, which win
    """
    problems = []
    mine = states[holder]["digests"]
    for host, state in states.items():
        for name, digest in state["digests"].items():
            if name in given or host == holder:
                continue
            if name not in mine:
                problems.append(
                    f"{host}: it has the secret {name}, and {holder}, which keeps the secrets, has not. "
                    f"Put the files of {host} there, or give airflow_{name}; if {host} comes from another "
                    "installation, remove its secrets."
                )
            elif digest != mine[name]:
                problems.append(
                    f"{host}: its secret {name} differs from that of {holder}, which keeps the secrets. Remove the "
                    f"file on {host} if that of {holder} is right, or give the right one in airflow_{name}."
                )
    return problems


def database_problems(states: States, holder: str) -> list[str]:
    """Return which hosts have Airflow's database although another one is to run Postgres.

    :param states: the hosts' states
    :param holder: the host that is to run it; empty where it is none of the stack's
    """
    instead = f"group airflow_postgres names {holder}" if holder else "airflow_postgres_external names another"
    return [
        f"{host}: Airflow's database is on this host, but {instead}. Data does not move by itself: put {host} back "
        f"into the group; or move the data, then remove Docker's volume airflow_postgres_data on {host}."
        for host, state in states.items()
        if state["database"] and host != holder
    ]


def cluster_problems(
    results: Mapping[str, State], plan: Mapping[str, Any], own: Mapping[str, Sequence[str]]
) -> list[str]:
    """Return what does not fit together on the hosts of a stack, each a sentence that says what to do.

    Args:
        results: Results of the module airflow_host_state by host; of a host that Ansible does not reach, one with
            ``unreachable``.
        plan: The plan of the stack, of any of its hosts.
        own: IPv4 addresses by host, where there are several hosts.
    """
    states = {host: state for host, state in results.items() if "digests" in state}
    failed = [
        f"{host}: {state.get('msg', 'cannot be looked at')}"
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
        *secret_problems(states, plan["keeper"], comparison["given"]),
        *database_problems(states, needed["postgres"]),
    ]


def _missing(states: States, keeper: str, needed: Mapping[str, str]) -> list[str]:
    """Return which hosts that all others need are out of reach."""
    missing = [
        f"{host}: Ansible does not reach this host, which runs {service.title()}; without it nothing can be done "
        "elsewhere."
        for service, host in needed.items()
        if host and host not in states
    ]
    if not missing and keeper not in states:
        missing = [
            f"{keeper}: Ansible does not reach this host, which keeps the secrets, because it is the first of "
            "group airflow_scheduler; without it nothing can be done elsewhere."
        ]
    return missing
