"""Checks whether Docker's own rules of the packet filter are complete.

Only for IPv4, like the stack's network. Rules are parsed from the output of ``iptables-save``.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

# FORWARD jumps to this chain, which is for an administrator's own rules, before Docker's chains.
USER_CHAIN = "DOCKER-USER"

# A quoted string, as iptables-save writes it. Line breaks in it are not escaped.
QUOTED = re.compile(r'(?<= )"(?:[^"\\]|\\.)*"', re.DOTALL)
COMMENT = re.compile(r'(?:^|(?<= ))-m comment --comment (?:""|\S+) ?')

Tables = dict[str, dict[str, list[str]]]


class Port(NamedTuple):
    """A TCP port that a container publishes: address and port of the host, and port in the container."""

    address: str
    port: int
    inside: int


def parse(saved: str) -> Tables:
    """Return the rules in an output of iptables-save by table and chain, without ``-A CHAIN``.

    Comments are removed and other quoted texts are emptied, because they may look like a part of a rule, or like rules.
    """
    tables: Tables = {}
    chains: dict[str, list[str]] = {}
    for line in QUOTED.sub('""', saved).split("\n"):
        if line.startswith("*"):
            chains = tables.setdefault(line[1:].strip(), {})
        elif line.startswith(":"):
            chains.setdefault(line[1:].split()[0], [])
        elif line.startswith("-A "):
            _, chain, rule = f"{line.strip()} ".split(" ", 2)
            chains.setdefault(chain, []).append(COMMENT.sub("", rule).strip())
    return tables


def target(rule: str) -> str:
    """Return the target of a rule, a verdict or a chain."""
    found = re.search(r"(?:^| )-[jg] (\S+)", rule)
    return found[1] if found else ""


def reachable(chains: Mapping[str, Sequence[str]], start: str) -> list[str]:
    """Return the rules of a chain and of all chains that it jumps to, directly or not."""
    rules: list[str] = []
    waiting, seen = [start], {start}
    while waiting:
        for rule in chains.get(waiting.pop(0), []):
            rules.append(rule)
            if (chain := target(rule)) in chains and chain not in seen:
                seen.add(chain)
                waiting.append(chain)
    return rules


def user_rules_problem(tables: Tables) -> str:
    """Return why FORWARD does not jump to DOCKER-USER first; empty if it does, or if the chain has no rules.

    Docker 26 creates the jump only when it creates a network, so not when it starts while containers run.
    """
    chains = tables.get("filter", {})
    if not any(rule != "-j RETURN" for rule in chains.get(USER_CHAIN, [])):
        return ""
    for rule in chains.get("FORWARD", []):
        if rule == f"-j {USER_CHAIN}":
            return ""
        if target(rule).startswith("DOCKER"):
            return f"chain FORWARD jumps to {target(rule)} before {USER_CHAIN}"
    return f"chain FORWARD does not jump to {USER_CHAIN}"


def docker_problems(tables: Tables, bridge: str, ports: Iterable[Port]) -> list[str]:
    """Return which of Docker's own rules are missing; empty if containers can reach others and be reached.

    Checks the effect of the rules, not their place: the chains differ between Docker 26 and 28, and 28.0 writes
    ``--match-set docker-ext-bridges-v4`` instead of the bridge's name.

    Args:
        tables: The active rules.
        bridge: Name of the stack's bridge.
        ports: TCP ports that the stack's running containers publish.
    """
    nat, chains = tables.get("nat", {}), tables.get("filter", {})
    forward = [f" {rule} " for rule in reachable(chains, "FORWARD")]
    accepted = [rule for rule in forward if target(rule) == "ACCEPT"]
    problems = [
        f"nat {chain} does not jump to DOCKER"
        for chain in ("PREROUTING", "OUTPUT")
        if "DOCKER" not in map(target, nat.get(chain, []))
    ]
    leaving = [rule for rule in reachable(nat, "POSTROUTING") if f"! -o {bridge} " in f"{rule} "]
    if not {"MASQUERADE", "SNAT"} & set(map(target, leaving)):
        problems.append(f"nat POSTROUTING does not masquerade packets from {bridge}")
    problems += _forward_problems(forward, accepted, bridge)
    return problems + port_problems(tables, bridge, ports)


def _forward_problems(forward: Sequence[str], accepted: Sequence[str], bridge: str) -> list[str]:
    """Return which packets from or to the bridge are not forwarded."""
    problems = []
    to_bridge = rf"(?<!!) -o {re.escape(bridge)} | --match-set docker-ext-bridges"
    # A rule for packets within the bridge is not enough.
    if not any(
        re.search(rf"(?<!!) -i {re.escape(bridge)} ", rule) and not re.search(rf"(?<!!) -o {re.escape(bridge)} ", rule)
        for rule in accepted
    ):
        problems.append(f"filter FORWARD does not accept packets from {bridge}")
    if not any("ESTABLISHED" in rule and re.search(to_bridge, rule) for rule in accepted):
        problems.append(f"filter FORWARD does not accept replies to {bridge}")
    if not any(target(rule) == "DOCKER" and re.search(to_bridge, rule) for rule in forward):
        problems.append(f"filter FORWARD does not jump to DOCKER for packets to {bridge}")
    return problems


def port_problems(tables: Tables, bridge: str, ports: Iterable[Port]) -> list[str]:
    """Return which published ports lack rules.

    Args:
        tables: The active rules.
        bridge: Name of the stack's bridge.
        ports: The ports.
    """
    nat, chains = tables.get("nat", {}), tables.get("filter", {})
    accepted = [rule for rule in (f" {rule} " for rule in reachable(chains, "FORWARD")) if target(rule) == "ACCEPT"]
    redirected = [f" {rule} " for rule in reachable(nat, "PREROUTING") if target(rule) == "DNAT"]
    problems = []
    for address, port, inside in sorted(set(ports)):
        there = "" if address in ("", "0.0.0.0") else f" -d {address}/32 "  # noqa: S104
        if not any(f" --dport {port} " in rule and there in rule for rule in redirected):
            problems.append(f"nat has no rule for the published port {address}:{port}")
        if not any(f" --dport {inside} " in rule and f" -o {bridge} " in rule for rule in accepted):
            problems.append(f"filter has no rule for the published container port {inside}")
    return problems
