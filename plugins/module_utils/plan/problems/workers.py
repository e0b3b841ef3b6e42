"""Checks of the workers' settings."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from ansible_collections.ansible_airflow.airflow.plugins.module_utils.plan.options import given

# Connections to Postgres per running task, counted with Airflow 2.5: one for the result, which stays open, one of the
# task and one of the process that supervises it. Airflow 3 opens only the first one.
CONNECTIONS_OF_A_TASK = 3
# Connections of all other services, with a margin.
OTHER_CONNECTIONS = 100


def concurrency_problems(concurrency: Any) -> list[str]:
    """Return what is wrong with ``airflow_worker_concurrency``.

    Args:
        concurrency: Value of the variable.
    """
    if not isinstance(concurrency, bool) and re.fullmatch(r"[1-9][0-9]*", str(concurrency)):
        return []
    return [
        f"airflow_worker_concurrency: {concurrency!r} must be the number of tasks that a worker may run at the same "
        "time, a whole number of at least 1, such as 16. To run no tasks on a host, remove it from group "
        "airflow_worker."
    ]


def orphan_problems(grace: Any) -> list[str]:
    """Return what is wrong with ``airflow_orphans_grace_period``.

    Args:
        grace: Value of the variable, seconds.
    """
    if not isinstance(grace, bool) and re.fullmatch(r"[0-9]+", str(grace)):
        return []
    return [
        f"airflow_orphans_grace_period: {grace!r} must be a whole number of seconds, such as 60. To leave containers "
        "of tasks alone, write airflow_orphans_enabled: false."
    ]


def connection_problems(worker_slots: Sequence[Any], max_connections: int) -> list[str]:
    """Refuse a limit of connections to Postgres below what the workers may need: tasks would fail at random.

    Args:
        worker_slots: ``airflow_worker_concurrency`` of each worker host.
        max_connections: Value of ``airflow_postgres_max_connections``.
    """
    # concurrency_problems reports values that are not numbers.
    slots = sum(int(number) for number in worker_slots if str(number).isdigit())
    needed = slots * CONNECTIONS_OF_A_TASK + OTHER_CONNECTIONS
    if int(max_connections) >= needed:
        return []
    return [
        f"airflow_postgres_max_connections: {max_connections} connections are too few for workers that run {slots} "
        f"tasks at the same time; write at least {needed}, or lower airflow_worker_concurrency."
    ]


def visibility_problems(config: Mapping[str, Any], grace: int) -> list[str]:
    """Refuse a visibility timeout that is shorter than a worker may take to stop.

    Redis delivers a task again if it is not acknowledged within the timeout, and the task would run twice.

    Args:
        config: Value of ``airflow_config``.
        grace: Value of ``airflow_worker_grace_period``, seconds.
    """
    section, option = "celery_broker_transport_options", "visibility_timeout"
    value = given(config, section, option)
    if value is None or (str(value).isdigit() and int(value) > grace):
        return []
    return [
        f"airflow_config.{section}.{option}: {value!r} must be a number of seconds above airflow_worker_grace_period "
        f"({grace}) and above the duration of your longest task, or tasks run twice; write a higher one, or remove it."
    ]


def queue_problems(queues: Sequence[str], config: Mapping[str, Any], served: Sequence[str] = ()) -> list[str]:
    """Return what is wrong with ``airflow_worker_queues``.

    Args:
        queues: Names of Celery queues.
        config: Value of ``airflow_config``.
        served: Queues of the workers of all hosts.
    """
    if not queues:
        return ["airflow_worker_queues: is empty, so the worker would take no task; write a queue, such as [default]."]
    problems = [
        f"airflow_worker_queues: {queue!r} is not a valid queue name; write letters, digits, dots, dashes and "
        "underscores."
        for queue in queues
        if not re.fullmatch(r"[\w.-]+", queue)
    ]
    default = given(config, "operators", "default_queue")
    if default is not None and default not in {*queues, *served}:
        problems.append(
            f"airflow_config.operators.default_queue: no worker takes tasks from {default!r}; add it to "
            "airflow_worker_queues."
        )
    return problems
