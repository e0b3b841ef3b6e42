"""Decides from the packet filter's rules whether strangers are kept out, and whether Docker's own rules are complete.

IPv4 only, as the stack's network is. Rules are read as ``iptables-save`` prints them.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

# The chains of airflow-firewall.service. Docker's chain DOCKER-USER always asks the first one. Those of table mangle
# are only asked while Docker's rules are missing: see LOCK.
CHAIN, PROXY_CHAIN = "AIRFLOW-STACK", "AIRFLOW-PROXY"
LOADED = (("filter", CHAIN), ("mangle", CHAIN), ("mangle", PROXY_CHAIN))
# While Docker writes its rules anew, it puts them before the jump to DOCKER-USER, and while its nat rules are missing,
# docker-proxy answers on published ports. Docker leaves table mangle alone.
LOCK = (("FORWARD", CHAIN), ("INPUT", PROXY_CHAIN))

Tables = dict[str, dict[str, list[str]]]


class Port(NamedTuple):
    """A TCP port that a container publishes: address and port of the host, and port in the container."""

    address: str
    port: int
    inside: int


def parse(saved: str) -> Tables:
    """Return the rules in an output of iptables-save, without ``-A CHAIN``: by table, by chain."""
    tables: Tables = {}
    chains: dict[str, list[str]] = {}
    for line in saved.splitlines():
        if line.startswith("*"):
            chains = tables.setdefault(line[1:].strip(), {})
        elif line.startswith(":"):
            chains.setdefault(line[1:].split()[0], [])
        elif line.startswith("-A "):
            _, chain, rule = line.strip().split(" ", 2)
            chains.setdefault(chain, []).append(rule)
    return tables


def target(rule: str) -> str:
    """Return the verdict or the chain that a rule leads to."""
    found = re.search(r"(?:^| )-[jg] (\S+)", rule)
    return found[1] if found else ""


def reachable(chains: Mapping[str, Sequence[str]], start: str) -> list[str]:
    """Return the rules of a chain and of all chains that it leads to."""
    rules: list[str] = []
    waiting, seen = [start], {start}
    while waiting:
        for rule in chains.get(waiting.pop(0), []):
            rules.append(rule)
            if (chain := target(rule)) in chains and chain not in seen:
                seen.add(chain)
                waiting.append(chain)
    return rules


def guard_problems(tables: Tables, loaded: Tables, bridge: str) -> list[str]:
    """Return why strangers may reach the stack's containers; empty if they are kept out.

    Args:
        tables: The rules in force.
        loaded: The rules just after airflow-firewall.service loaded its own; empty if nobody knows.
        bridge: Name of the stack's bridge.
    """
    problems = []
    for table, chain in LOADED:
        now, wanted = (rules.get(table, {}).get(chain) for rules in (tables, loaded))
        if now is None:
            problems.append(f"chain {chain} of table {table} is missing")
        elif now != wanted:
            problems.append(f"chain {chain} of table {table} is not what airflow-firewall.service loaded")
    chains = tables.get("filter", {})
    if CHAIN not in map(target, chains.get("DOCKER-USER", [])):
        problems.append(f"chain DOCKER-USER does not jump to {CHAIN}")
    for rule in chains.get("FORWARD", []):
        if rule == "-j DOCKER-USER":
            break
        if _lets_in(rule, chains, bridge):
            problems.append(f"chain FORWARD accepts packets before its jump to DOCKER-USER, by `{rule}`")
            break
    else:
        problems.append("chain FORWARD does not jump to DOCKER-USER")
    return problems


def _lets_in(rule: str, chains: Mapping[str, Sequence[str]], bridge: str, seen: frozenset[str] = frozenset()) -> bool:
    """Whether a rule may accept a packet that comes from elsewhere and goes to the bridge."""
    words = f" {rule} "
    out = re.search(r" (! )?-o (\S+) ", words)
    elsewhere = bool(out) and ((out[2] == bridge) is bool(out[1]))  # type: ignore[index]
    if elsewhere or re.search(rf"(?<!!) -i {re.escape(bridge)} ", words):
        return False
    chain = target(rule)
    if chain == "ACCEPT":
        return True
    return chain not in seen and any(_lets_in(inner, chains, bridge, seen | {chain}) for inner in chains.get(chain, []))


def docker_problems(tables: Tables, bridge: str, ports: Iterable[Port]) -> list[str]:
    """Return which of Docker's own rules are missing; empty if containers can reach others and be reached.

    It looks for what the rules do, wherever Docker puts them: the chains differ between Docker 26 and 28, and 28.0
    writes ``--match-set docker-ext-bridges-v4`` in place of the bridge's name.

    Args:
        tables: The rules in force.
        bridge: Name of the stack's bridge.
        ports: TCP ports that its running containers publish.
    """
    nat, chains = tables.get("nat", {}), tables.get("filter", {})
    forward = [f" {rule} " for rule in reachable(chains, "FORWARD")]
    to_bridge = rf"(?<!!) -o {re.escape(bridge)} | --match-set docker-ext-bridges"
    problems = [
        f"nat {chain} does not jump to DOCKER"
        for chain in ("PREROUTING", "OUTPUT")
        if "DOCKER" not in map(target, nat.get(chain, []))
    ]
    leaving = [rule for rule in reachable(nat, "POSTROUTING") if f"! -o {bridge} " in f"{rule} "]
    if not {"MASQUERADE", "SNAT"} & set(map(target, leaving)):
        problems.append(f"nat POSTROUTING does not masquerade what leaves {bridge}")
    accepted = [rule for rule in forward if target(rule) == "ACCEPT"]
    # A rule for packets that stay in the bridge does not count.
    if not any(
        re.search(rf"(?<!!) -i {re.escape(bridge)} ", rule) and not re.search(rf"(?<!!) -o {re.escape(bridge)} ", rule)
        for rule in accepted
    ):
        problems.append(f"filter FORWARD does not accept what leaves {bridge}")
    if not any("ESTABLISHED" in rule and re.search(to_bridge, rule) for rule in accepted):
        problems.append(f"filter FORWARD does not accept answers to {bridge}")
    if not any(target(rule) == "DOCKER" and re.search(to_bridge, rule) for rule in forward):
        problems.append(f"filter FORWARD does not ask DOCKER about packets to {bridge}")
    return problems + _port_problems(nat, accepted, bridge, ports)


def _port_problems(
    nat: Mapping[str, Sequence[str]], accepted: Sequence[str], bridge: str, ports: Iterable[Port]
) -> list[str]:
    """Return which published ports lead nowhere."""
    redirected = [f" {rule} " for rule in reachable(nat, "PREROUTING") if target(rule) == "DNAT"]
    problems = []
    for address, port, inside in sorted(set(ports)):
        there = "" if address in ("", "0.0.0.0") else f" -d {address}/32 "  # noqa: S104
        if not any(f" --dport {port} " in rule and there in rule for rule in redirected):
            problems.append(f"nat has no rule for the published port {address}:{port}")
        if not any(f" --dport {inside} " in rule and f" -o {bridge} " in rule for rule in accepted):
            problems.append(f"filter has no rule for port {inside}, which is published")
    return problems


def locked(tables: Tables) -> list[tuple[str, str]]:
    """Return the jumps of LOCK that are in force."""
    return [(chain, to) for chain, to in LOCK if f"-j {to}" in tables.get("mangle", {}).get(chain, [])]
