"""Describes the DAGs of one file, in the process that has loaded it."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterable, Mapping
from typing import Any

from ..compat import UNSCHEDULED, first_run
from .lines import Lines

# A path of the DAGs folder's parent in which a release's files never are.
LOST = re.compile(r"(?<![\w./-])/opt/airflow/dags/(?!(?:current|releases)(?:/|$))[\w.][\w./-]*")


def dags_facts(dags: Iterable[Any], lines: Lines, stored: Mapping[str, Any] | None) -> list[dict[str, Any]]:
    """Return the facts about the DAGs of one file, see dag_facts, ordered by line.

    Args:
        dags: The DAGs.
        lines: Finds lines of their file.
        stored: Their serialized forms by id, if the scheduler reads only those, otherwise None.
    """
    return sorted(
        (dag_facts(dag, lines, dag if stored is None else stored.get(dag.dag_id)) for dag in dags),
        key=lambda dag: dag["line"] or 0,
    )


def dag_facts(dag: Any, lines: Lines, scheduled: Any) -> dict[str, Any]:
    """Return the facts about a DAG that the policy needs.

    Args:
        dag: The DAG.
        lines: Finds lines of its file.
        scheduled: The DAG in the form that the scheduler reads.

    Returns:
        ``dag_id``, ``line``, ``schedule``, ``start_date`` (the first one of the DAG and its tasks, or None) and
        ``end_date`` as texts, ``fires`` (whether the schedule yields any run), ``paths``, see lost_paths, and
        ``tasks``, see task_facts.
    """
    line = lines.of_dag(dag.dag_id)
    timetable = scheduled.timetable
    starts = [each.start_date for each in (dag, *dag.tasks) if each.start_date]
    periodic = not UNSCHEDULED & {kind.__name__ for kind in type(timetable).__mro__}
    return {
        "dag_id": dag.dag_id,
        "line": line,
        "schedule": str(timetable.summary),
        "start_date": min(starts).isoformat() if starts else None,
        "end_date": dag.end_date.isoformat() if dag.end_date else None,
        "fires": not periodic or first_run(scheduled) is not None,
        "paths": lost_paths([getattr(dag, "template_searchpath", None)]),
        "tasks": [task_facts(task, lines, line) for task in dag.tasks],
    }


def task_facts(task: Any, lines: Lines, after: int | None) -> dict[str, Any]:
    """Return the facts about a task that the policy needs.

    Args:
        task: An operator, mapped or not.
        lines: Finds lines of its file.
        after: Line of its DAG.

    Returns:
        ``task_id``, ``line``, ``operator``, ``mapped``, ``queue``, ``pool``, ``connections`` (argument by id),
        ``paths``, see lost_paths, empty for a DockerOperator, whose paths are in a container, and ``containers``, see
        container_facts, empty unless it is one.
    """
    mapped = hasattr(task, "partial_kwargs")
    operator = task.operator_class if mapped else type(task)
    arguments = mapped_arguments(task) if mapped else [vars(task)]
    in_docker = "DockerOperator" in {kind.__name__ for kind in operator.__mro__}
    return {
        "task_id": task.task_id,
        "line": lines.of_task(task.task_id, after),
        "operator": operator.__name__,
        "mapped": mapped,
        "queue": task.queue,
        "pool": task.pool,
        "connections": {
            value: name
            for each in arguments
            for name, value in each.items()
            if name.endswith("conn_id") and constant(value)
        },
        "paths": []
        if in_docker
        else lost_paths([each.get(name) for each in arguments for name in task.template_fields]),
        "containers": [container_facts(each) for each in arguments] if in_docker else [],
    }


def lost_paths(values: Iterable[Any]) -> list[str]:
    """Return the paths below /opt/airflow/dags in texts and lists of texts that do not exist in this stack.

    Args:
        values: Values of arguments; others than texts and lists are ignored.
    """
    found: dict[str, None] = {}
    for value in values:
        for text in value if isinstance(value, (list, tuple)) else [value]:
            found.update(dict.fromkeys(LOST.findall(text) if isinstance(text, str) else ()))
    return list(found)


def mapped_arguments(task: Any) -> list[dict[str, Any]]:
    """Return the arguments of a mapped task's instances, as far as they are known before it runs."""
    signature = inspect.signature(task.operator_class.__init__)
    defaults = {name: parameter.default for name, parameter in signature.parameters.items()}
    common = {**defaults, **task.partial_kwargs}
    value = task.expand_input.value
    if isinstance(value, Mapping):
        common.update(dict.fromkeys(value))
        lists = {name: items for name, items in value.items() if isinstance(items, (list, tuple))}
        copies = [{**common, name: item} for name, items in lists.items() for item in items]
    else:
        known = value if isinstance(value, (list, tuple)) else ()
        copies = [{**common, **item} for item in known if isinstance(item, Mapping)]
    return copies or [common]


def container_facts(arguments: Mapping[str, Any]) -> dict[str, Any]:
    """Return the facts about a container that the policy needs; None for values known only when the task runs."""
    facts: dict[str, Any] = {
        name: constant(arguments.get(name)) for name in ("image", "container_name", "network_mode", "docker_url")
    }
    facts["login"] = bool(arguments.get("docker_conn_id"))
    mounts = arguments.get("mounts")
    facts["mounts"] = [
        {name: constant(mount.get(name.capitalize())) for name in ("source", "target", "type")}
        for mount in (mounts if isinstance(mounts, (list, tuple)) else ())
        if isinstance(mount, Mapping)
    ]
    return facts


def constant(value: Any) -> str | None:
    """Return a string that is not a template, None for anything else."""
    return value if isinstance(value, str) and "{{" not in value and "{%" not in value else None
