"""Checks of the workers' settings."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from ansible_collections.ansible_airflow.airflow.plugins.module_utils.findings.finding import Finding
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.plan.options import given
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.plan.problems.formats import is_whole

# Connections to Postgres per running task, counted with Airflow 2.5: one for the result, which stays open, one of the
# task and one of the process that supervises it. Airflow 3 opens only the first one.
CONNECTIONS_OF_A_TASK = 3
# Connections of all other services, with a margin.
OTHER_CONNECTIONS = 100


def connection_problems(worker_slots: Sequence[Any], max_connections: Any) -> list[Finding]:
    """Refuse a limit of connections to Postgres below what the workers may need: tasks would fail at random.

    Args:
        worker_slots: ``airflow_worker_concurrency`` of each worker host.
        max_connections: Value of ``airflow_postgres_max_connections``.
    """
    # value_problems reports values that are not numbers.
    slots = sum(int(number) for number in worker_slots if is_whole(number))
    needed = slots * CONNECTIONS_OF_A_TASK + OTHER_CONNECTIONS
    if not is_whole(max_connections) or int(max_connections) >= needed:
        return []
    text = (
        f"{max_connections} connections are too few for workers that run {slots} tasks at the same time; write at "
        f"least {needed}, or lower airflow_worker_concurrency."
    )
    return [Finding("connections-too-few", "airflow_postgres_max_connections", text)]


def visibility_problems(config: Mapping[str, Any], grace_periods: Mapping[str, Any]) -> list[Finding]:
    """Refuse a visibility timeout that is shorter than a worker may take to stop.

    Redis delivers a task again if it is not acknowledged within the timeout, and the task would run twice.

    Args:
        config: Value of ``airflow_config``.
        grace_periods: Values of ``airflow_worker_grace_period`` by worker host, seconds.
    """
    section, option = "celery_broker_transport_options", "visibility_timeout"
    value = given(config, section, option)
    # value_problems reports a grace period that is not a number.
    known = {host: int(seconds) for host, seconds in grace_periods.items() if is_whole(seconds)}
    grace = max(known.values(), default=0)
    if value is None or (is_whole(value) and int(value) > grace):
        return []
    # Redis delivers the tasks of any worker to the others.
    longest = f"{grace} on {max(known, key=lambda host: known[host])}" if known else str(grace)
    text = (
        f"{value!r} must be a number of seconds above airflow_worker_grace_period ({longest}) and above the duration "
        "of your longest task, or tasks run twice; write a higher one, or remove it."
    )
    return [Finding("visibility-timeout-low", f"airflow_config.{section}.{option}", text)]


def queue_problems(queues: Sequence[str], config: Mapping[str, Any], served: Sequence[str] = ()) -> list[Finding]:
    """Return what is wrong with ``airflow_worker_queues``.

    Args:
        queues: Names of Celery queues.
        config: Value of ``airflow_config``.
        served: Queues of the workers of all hosts.
    """
    if not queues:
        text = "is empty, so the worker would take no task; write a queue, such as [default]."
        return [Finding("queues-empty", "airflow_worker_queues", text)]
    problems = [
        Finding(
            "name-invalid",
            "airflow_worker_queues",
            f"{queue!r} is not a valid queue name; write letters, digits, dots, dashes and underscores.",
        )
        for queue in queues
        if not re.fullmatch(r"[\w.-]+", queue)
    ]
    default = given(config, "operators", "default_queue")
    if default is not None and default not in {*queues, *served}:
        text = f"no worker takes tasks from {default!r}; add it to airflow_worker_queues."
        problems.append(Finding("queue-unserved", "airflow_config.operators.default_queue", text))
    return problems
