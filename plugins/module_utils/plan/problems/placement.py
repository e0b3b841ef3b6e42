"""What is wrong with the inventory's groups."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

# Services of which a stack has one.
SINGLE = ("postgres", "redis")


def placement_problems(groups: Mapping[str, Sequence[str]], service_groups: Mapping[str, str]) -> list[str]:
    """Return what is wrong with the inventory's groups.

    :param groups: Ansible's ``groups``: hosts by group name
    :param service_groups: inventory group by service name
    """
    services: dict[str, list[str]] = {}
    for service, group in service_groups.items():
        services.setdefault(group, []).append(service)
    problems = [
        f"inventory: group {group} has no host, so {' and '.join(names)} would run nowhere; put one host into it."
        for group, names in services.items()
        if not groups.get(group)
    ]
    problems += [
        f"inventory: group {service_groups[service]} holds {len(hosts)} hosts ({', '.join(hosts)}), but one {service} "
        "serves all of them; leave one host in it."
        for service in SINGLE
        if len(hosts := groups.get(service_groups.get(service, ""), [])) > 1
    ]
    return problems
