"""Why a host cannot be taken out of a stack."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

# Services whose data is on their host.
WITH_DATA = ("postgres", "redis")


def removal_problems(host: str, plan: Mapping[str, Any]) -> list[str]:
    """Return why a host cannot be taken out of the stack.

    Args:
        host: Inventory name, value of ``airflow_remove_host``.
        plan: The plan of the stack, of any of its hosts.

    Returns:
        One sentence a reason.
    """
    known = list(plan["published"])
    if host not in known:
        return [
            f"airflow_remove_host: {host!r} is no host of group airflow; write -e airflow_remove_host= one of "
            f"{', '.join(known)}."
        ]
    services, queues = plan["services"], plan["workers"]["queues"]
    problems = [
        f"it is the only host in group {services['groups'][service]}, so {service} would run nowhere; "
        + (
            "its data does not move by itself."
            if service in WITH_DATA
            else "put another host into the group, run site.yml, then remove this one."
        )
        for service, hosts in services["hosts"].items()
        if hosts == [host]
    ]
    others = {queue for worker, served in queues.items() if worker != host for queue in served}
    if not problems and (lost := sorted(set(queues.get(host, [])) - others)):
        problems.append(
            f"no other worker takes tasks from {', '.join(lost)}, so they would wait for ever; add that to "
            "airflow_worker_queues of another host and run site.yml, or take it from this host's if no DAG uses it."
        )
    return problems
