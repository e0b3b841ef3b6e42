"""Checks of the inventory's groups."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from ansible_collections.ansible_airflow.airflow.plugins.module_utils.findings.finding import Finding

# Services that a stack has exactly one of, because they store data on their host.
SINGLE = ("postgres", "redis")


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
    return problems + _outside(groups, list(services))


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
