"""Checks of the inventory's groups."""

from __future__ import annotations

import difflib
from collections.abc import Mapping, Sequence

from ansible_collections.ansible_airflow.airflow.plugins.module_utils.findings.finding import Finding

# Services that a stack has exactly one of, because they store data on their host.
SINGLE = ("postgres", "redis")
# How alike the names of two groups are, from 0 to 1, if one is probably meant as the other.
ALIKE = 0.85


def placement_problems(groups: Mapping[str, Sequence[str]], service_groups: Mapping[str, str]) -> list[Finding]:
    """Return what is wrong with the inventory's groups.

    Args:
        groups: Ansible's ``groups``: hosts by group name.
        service_groups: Inventory group by service name.
    """
    services: dict[str, list[str]] = {}
    for service, group in service_groups.items():
        services.setdefault(group, []).append(service)
    problems = [
        Finding(
            "group-empty",
            "inventory",
            f"group {group} has no host, so {' and '.join(names)} would run nowhere; add a host to it.",
        )
        for group, names in services.items()
        if not groups.get(group)
    ]
    problems += [
        Finding(
            "group-crowded",
            "inventory",
            f"group {service_groups[service]} has {len(hosts)} hosts ({', '.join(hosts)}), but a stack has only one "
            f"{service}; leave one host in the group.",
        )
        for service in SINGLE
        if len(hosts := groups.get(service_groups.get(service, ""), [])) > 1
    ]
    return [*problems, *_outside(groups, list(services)), *_misspelt(groups, list(services))]


def idle_problems(host: str, groups: Mapping[str, Sequence[str]], service_groups: Mapping[str, str]) -> list[Finding]:
    """Return whether a host of the stack would run none of its services.

    Args:
        host: Inventory name of the host.
        groups: Ansible's ``groups``.
        service_groups: Inventory group by service name.
    """
    names = list(dict.fromkeys(service_groups.values()))
    if host not in groups.get("airflow", []) or any(host in groups.get(name, []) for name in names):
        return []
    text = (
        "the host is in group airflow, but in no group of a service, so no service will run on it; add it to one of "
        f"{', '.join(names)}, or take it out of group airflow."
    )
    return [Finding("host-idle", "inventory", text)]


def _misspelt(groups: Mapping[str, Sequence[str]], service_groups: Sequence[str]) -> list[Finding]:
    """Return the groups that have almost the name of a service's group, and hosts that it lacks."""
    problems = []
    for name in sorted(set(groups) - set(service_groups)):
        for meant in difflib.get_close_matches(name, service_groups, n=1, cutoff=ALIKE):
            # Hosts of other stacks and retired ones are in groups of people as well, and parts of a group have its
            # name and a word.
            lacking = [
                host for host in groups[name] if host in groups.get("airflow", []) and host not in groups.get(meant, [])
            ]
            if lacking and not name.startswith(f"{meant}_"):
                text = (
                    f"{' and '.join(lacking)} would run no service of group {name}, which has no meaning in this "
                    f"project; did you mean {meant}? If it is a group of your own, give it a name that is less alike, "
                    "or accept it: airflow_findings_accepted: [group-misspelt]."
                )
                problems.append(Finding("group-misspelt", "inventory", text))
    return problems


def _outside(groups: Mapping[str, Sequence[str]], service_groups: Sequence[str]) -> list[Finding]:
    """Return which hosts would run a service without belonging to the stack."""
    return [
        Finding(
            "host-outside",
            "inventory",
            f"host {host} is in group {group}, but not in group airflow, so nothing checks and locks it; make {group} "
            "a child of group airflow.",
        )
        for group in service_groups
        for host in groups.get(group, [])
        if "airflow" in groups and host not in groups["airflow"]
    ]
