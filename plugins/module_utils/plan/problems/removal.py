"""Checks before a host is removed from a stack."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ansible_collections.ansible_airflow.airflow.plugins.module_utils.findings.finding import Finding
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.plan.problems.placement import SINGLE


def removal_problems(host: str, plan: Mapping[str, Any]) -> list[Finding]:
    """Return why a host cannot be removed from the stack.

    Args:
        host: Inventory name, value of ``airflow_remove_host``.
        plan: The plan of any host of the stack.

    Returns:
        One finding per reason.
    """
    known = list(plan["published"])
    if host not in known:
        return [
            Finding(
                "removal-host-unknown",
                "airflow_remove_host",
                f"{host!r} is not a host of group airflow; pass -e airflow_remove_host=HOST, where HOST is one of "
                f"{', '.join(known)}.",
            )
        ]
    return _last(host, plan["services"]) or _queues(host, plan["workers"]["queues"])


def _last(host: str, services: Mapping[str, Any]) -> list[Finding]:
    """Return the services that only this host runs."""
    more = "add another host to the group, run site.yml, then remove this one."
    advice = dict.fromkeys(SINGLE, "its data is not moved automatically.")
    return [
        Finding(
            "removal-host-last",
            "",
            f"it is the only host in group {services['groups'][service]}, so {service} would run nowhere; "
            f"{advice.get(service, more)}",
        )
        for service, hosts in services["hosts"].items()
        if hosts == [host]
    ]


def _queues(host: str, queues: Mapping[str, Any]) -> list[Finding]:
    """Return whether only this host serves a queue."""
    others = {queue for worker, served in queues.items() if worker != host for queue in served}
    lost = sorted(set(queues.get(host, [])) - others)
    if not lost:
        return []
    text = (
        f"no other worker serves {', '.join(lost)}, so tasks would wait there for ever; add the queues to "
        "airflow_worker_queues of another host and run site.yml, or remove them from this host's if no DAG uses them."
    )
    return [Finding("removal-queue-lost", "", text)]
