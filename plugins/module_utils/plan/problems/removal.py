"""Checks before a host is removed from a stack."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

# Services that store data on their host.
WITH_DATA = ("postgres", "redis")


def removal_problems(host: str, plan: Mapping[str, Any]) -> list[str]:
    """Return why a host cannot be removed from the stack.

    Args:
        host: Inventory name, value of ``airflow_remove_host``.
        plan: The plan of any host of the stack.

    Returns:
        One sentence per reason.
    """
    known = list(plan["published"])
    if host not in known:
        return [
            f"airflow_remove_host: {host!r} is not a host of group airflow; pass -e airflow_remove_host=HOST, where "
            f"HOST is one of {', '.join(known)}."
        ]
    services, queues = plan["services"], plan["workers"]["queues"]
    problems = [
        f"it is the only host in group {services['groups'][service]}, so {service} would run nowhere; "
        + (
            "its data is not moved automatically."
            if service in WITH_DATA
            else "add another host to the group, run site.yml, then remove this one."
        )
        for service, hosts in services["hosts"].items()
        if hosts == [host]
    ]
    others = {queue for worker, served in queues.items() if worker != host for queue in served}
    if not problems and (lost := sorted(set(queues.get(host, [])) - others)):
        problems.append(
            f"no other worker serves {', '.join(lost)}, so tasks would wait there for ever; add the queues to "
            "airflow_worker_queues of another host and run site.yml, or remove them from this host's if no DAG uses "
            "them."
        )
    return problems
