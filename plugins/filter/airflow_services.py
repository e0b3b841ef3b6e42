"""Filter that derives from the service table of role airflow which services a stack has."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

Row = Mapping[str, Any]


def airflow_placement(services: Mapping[str, Row], release: Sequence[str], spread: bool) -> dict[str, Any]:
    """Return which services a stack has, and on the hosts of which groups.

    :param services: the service table of role airflow
    :param release: services that the release has, of those that run Airflow; empty if the release is not known, which
        preflight then refuses
    :param spread: whether the stack is on several hosts
    :returns: ``all_groups`` and ``groups`` (inventory group by service, of those that run all the time: all of the
        table, and those of this stack), ``external`` (your own servers, by the service that they replace), ``absent``
        (services of the table with a group that this stack does not have), ``backing`` (those that do not run Airflow)
        and ``commands`` (those in whose container Airflow commands are run, the preferred one first)
    """
    running = {name: row for name, row in services.items() if "group" in row}
    external = {name: row["external"] for name, row in running.items() if row.get("external")}
    absent = [
        name
        for name, row in running.items()
        if name in external
        or (row.get("spread") and not spread)
        or (row.get("airflow") and release and name not in release)
    ]
    groups = {name: row["group"] for name, row in running.items()}
    commands = [name for name, row in running.items() if "commands" in row]
    return {
        "all_groups": groups,
        "groups": {name: group for name, group in groups.items() if name not in absent},
        "external": external,
        "absent": absent,
        "backing": [name for name, row in running.items() if not row.get("airflow")],
        "commands": sorted(commands, key=lambda name: int(services[name]["commands"])),
    }


class FilterModule:
    """Ansible's entry point."""

    def filters(self) -> dict[str, Any]:
        """Return the filter by name."""
        return {"airflow_placement": airflow_placement}
