"""Tells what is in the DAGs of one file; sent to an Airflow after airflow_inside.py, see its docstring.

Valid Python 3.7. The action is run by that of airflow_inside_dag_parse.py, in the process that has loaded the file.
"""

from __future__ import annotations

import ast
import inspect
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ansible_collections.ansible_airflow.airflow.plugins.module_utils.airflow_inside import Airflow

# Timetables that give no run by themselves. That for datasets, since release 3 for assets, is a kind of the first one
# in some releases.
UNSCHEDULED = {"NullTimetable", "DatasetTriggeredTimetable", "AssetTriggeredTimetable"}


def action_dag_facts(airflow: Airflow, request: dict[str, Any], report: dict[str, Any]) -> None:  # noqa: ARG001
    """Tell what is in the DAGs of one file.

    :param request: ``path`` of the file; ``dags``, objects; ``stored``, their serialized forms by id where the
        scheduler reads only those, else None; ``refused``, ids of DAGs that Airflow does not take
    :param report: gets ``dags``, see dag_facts, and ``lines``, those of the refused DAGs by their ids
    """
    lines = Lines(request["path"])
    stored = request["stored"]
    report["dags"] = sorted(
        (dag_facts(dag, lines, dag if stored is None else stored.get(dag.dag_id)) for dag in request["dags"]),
        key=lambda dag: dag["line"] or 0,
    )
    report["lines"] = {dag_id: lines.of_dag(dag_id) for dag_id in request["refused"]}


def dag_facts(dag: Any, lines: Lines, scheduled: Any) -> dict[str, Any]:
    """Return what the policy wants to know of a DAG.

    :param dag: the DAG
    :param lines: finds lines of its file
    :param scheduled: the form of it that the scheduler reads
    :returns: ``dag_id``, ``line``, ``schedule`` and ``end_date`` as texts, ``start_date``, whether there is one,
        ``fires``, whether the schedule gives any run, and ``tasks``, see task_facts
    """
    line = lines.of_dag(dag.dag_id)
    timetable = scheduled.timetable
    periodic = not UNSCHEDULED & {kind.__name__ for kind in type(timetable).__mro__}
    return {
        "dag_id": dag.dag_id,
        "line": line,
        "schedule": str(timetable.summary),
        "start_date": bool(dag.start_date or any(task.start_date for task in dag.tasks)),
        "end_date": dag.end_date.isoformat() if dag.end_date else None,
        "fires": not periodic or first_run(scheduled) is not None,
        "tasks": [task_facts(task, lines, line) for task in dag.tasks],
    }


def first_run(scheduled: Any) -> Any:
    """Return the first run that a DAG's schedule gives, None if there is none.

    :param scheduled: the form of the DAG that the scheduler reads
    """
    # The method takes the previous run. Release 3.2 renamed the argument, and in release 3 only the real DAG behind the
    # lazy one has it in its signature.
    known = getattr(scheduled, "_real_dag", scheduled)
    before = next(iter(inspect.signature(known.next_dagrun_info).parameters))
    try:
        return scheduled.next_dagrun_info(**{before: None})
    except Exception:  # noqa: BLE001 - a timetable's own code; Airflow passes over it and makes no run
        return None


def task_facts(task: Any, lines: Lines, after: int | None) -> dict[str, Any]:
    """Return what the policy wants to know of a task.

    :param task: an operator, mapped or not
    :param lines: finds lines of its file
    :param after: line of its DAG
    :returns: ``task_id``, ``line``, ``operator``, ``mapped``, ``queue``, ``pool``, ``connections`` (argument by id),
        and ``containers``, see container_facts, empty if it is no DockerOperator
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
        "containers": [container_facts(each) for each in arguments] if in_docker else [],
    }


def mapped_arguments(task: Any) -> list[dict[str, Any]]:
    """Return the arguments of a mapped task's copies, as far as they are known before it runs."""
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
    """Return what the policy wants to know of a container; None stands for what is known only when the task runs."""
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
    """Return a text that is the same whenever the task runs, None for all else."""
    return value if isinstance(value, str) and "{{" not in value and "{%" not in value else None


class Lines:
    """Lines of a file in which DAGs and tasks get their ids, as far as these stand there in full."""

    def __init__(self, path: str) -> None:
        self.dags: dict[str, list[int]] = {}
        self.tasks: dict[str, list[int]] = {}
        try:
            with open(path, "rb") as file:
                tree = ast.parse(file.read())
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            return
        for node in ast.walk(tree):
            if isinstance(node, ast.Call):
                self._call(node)
            elif isinstance(node, ast.FunctionDef):
                # With the decorators @dag and @task the id is the function's name, if none is given.
                names = {name_of(decorator) for decorator in node.decorator_list}
                for root, kind in (("dag", self.dags), ("task", self.tasks)):
                    if any(name.split(".")[0] == root for name in names):
                        kind.setdefault(node.name, []).append(node.lineno)

    def _call(self, node: ast.Call) -> None:
        given = {keyword.arg: keyword.value for keyword in node.keywords}
        if not name_of(node).lower().endswith("dag"):
            given.pop("dag_id", None)
        elif node.args:
            given.setdefault("dag_id", node.args[0])
        for argument, kind in (("dag_id", self.dags), ("task_id", self.tasks)):
            value = given.get(argument)
            # The second one is the first one's name before Python 3.8.
            text = getattr(value, "value", getattr(value, "s", None))
            if isinstance(text, str):
                kind.setdefault(text, []).append(node.lineno)

    def of_dag(self, dag_id: str) -> int | None:
        """Return the line of a DAG; each further DAG of that id gets the next one."""
        lines = self.dags.get(dag_id, [])
        return lines.pop(0) if len(lines) > 1 else next(iter(lines), None)

    def of_task(self, task_id: str, after: int | None) -> int | None:
        """Return the line of a task, the first one after a line if the id stands in several."""
        # Task groups put their ids before it.
        lines = sorted(self.tasks.get(task_id.rsplit(".", maxsplit=1)[-1], []))
        return next((line for line in lines if line >= (after or 0)), next(iter(lines), None))


def name_of(node: ast.AST) -> str:
    """Return the dotted name of what is called or used as a decorator."""
    if isinstance(node, ast.Call):
        return name_of(node.func)
    if isinstance(node, ast.Attribute):
        return f"{name_of(node.value)}.{node.attr}"
    return getattr(node, "id", "")
