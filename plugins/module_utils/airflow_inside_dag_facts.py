"""Loads one DAG file and tells what is in it; sent to an Airflow after airflow_inside.py, see its docstring.

Valid Python 3.7. The action is run by that of airflow_inside_dags.py, in a process of its own for each file.
"""

from __future__ import annotations

import ast
import contextlib
import inspect
import os
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, Callable

if TYPE_CHECKING:
    from ansible.module_utils.airflow_inside import Airflow

# Timetables that give no run by themselves. That for datasets, since release 3 for assets, is a kind of the first one
# in some releases.
UNSCHEDULED = {"NullTimetable", "DatasetTriggeredTimetable", "AssetTriggeredTimetable"}
FRAME = re.compile(r'^ +File "(.+)", line (\d+)')


def action_dag_facts(airflow: Airflow, request: dict[str, Any], report: dict[str, Any]) -> None:
    """Load one file as Airflow does.

    :param request: ``folder`` and ``path``
    :param report: gets ``errors``, each with ``text``, ``file``, ``line`` and ``dag_id`` where known, and whether it is
        a ``timeout`` of Airflow's own; and ``dags``, see dag_facts
    """
    secrets = remember_secrets(airflow)
    errors, dags, failed = load(airflow, request["path"])
    lines = Lines(request["path"])
    report["errors"] = [error_facts(path, hide(secrets, text), request["folder"]) for path, text in errors.items()]
    report["dags"] = sorted((dag_facts(dag, lines) for dag in dags), key=lambda dag: dag["line"] or 0)
    if len(failed) == len(errors) == 1:
        # The file itself can be imported, so its traceback, if there is one, shows none of its lines.
        error = report["errors"][0]
        error.update(dag_id=failed[0].dag_id, line=error["line"] or lines.of_dag(failed[0].dag_id))


def remember_secrets(airflow: Airflow) -> list[str]:
    """Return a list to which Airflow adds each secret that it would hide from its logs."""
    met: list[str] = []
    modules = airflow.maskers()

    def add_mask(masker: object, secret: Any, name: str | None = None) -> None:
        if isinstance(secret, Mapping):
            for key, value in secret.items():
                add_mask(masker, value, key)
        elif isinstance(secret, str):
            if len(secret) > 3 and (not name or modules[0].should_hide_value_for_key(name)):
                met.append(secret)
        elif isinstance(secret, Iterable):
            for value in secret:
                add_mask(masker, value, name)

    for module in modules:
        module.SecretsMasker.add_mask = add_mask
    return met


def hide(secrets: list[str], text: str) -> str:
    """Return a text in which stars stand for secrets."""
    for secret in sorted(secrets, key=len, reverse=True):
        text = text.replace(secret, "***")
    return text


def load(airflow: Airflow, path: str) -> tuple[dict[str, str], list[Any], list[Any]]:
    """Load a file.

    :param airflow: knows where Airflow's classes are
    :param path: the file
    :returns: Airflow's import errors by place; the DAGs, including those that have the id of another; and the DAGs that
        Airflow refused
    """
    from airflow.configuration import conf  # noqa: PLC0415 - only the container has Airflow

    # By default only the last two frames, which may be of a library.
    conf.set("core", "dagbag_import_error_tracebacks", "True")
    conf.set("core", "dagbag_import_error_traceback_depth", "100")
    bag = airflow.find("DagBag")(dag_folder=os.devnull, collect_dags=False)
    with noted_dags(airflow, bag) as dags:
        bag.process_file(path, only_if_updated=False, safe_mode=conf.getboolean("core", "dag_discovery_safe_mode"))
    good, failed = ([dag for dag in dags if (dag.dag_id in bag.dags) is known] for known in (True, False))
    return bag.import_errors, good, failed


@contextlib.contextmanager
def noted_dags(airflow: Airflow, bag: Any) -> Iterator[list[Any]]:
    """Give a list to which the DAGs of files are added before Airflow takes those for one that look alike.

    :param airflow: knows where Airflow's classes are
    :param bag: loads the files
    """
    kind, context = airflow.find("DAG"), airflow.find("DagContext")
    owner = type(bag) if hasattr(bag, "_process_modules") else airflow.find("PythonDagImporter")
    process_modules = owner._process_modules
    found: list[Any] = []

    def noting(self: Any, filepath: str, mods: list[Any], *rest: Any) -> Any:
        values = [value for module in mods for value in vars(module).values()]
        values += [dag for dag, _ in context.autoregistered_dags]
        found.extend({id(value): value for value in values if isinstance(value, kind)}.values())
        return process_modules(self, filepath, mods, *rest)

    owner._process_modules = noting
    try:
        yield found
    finally:
        owner._process_modules = process_modules


def error_facts(path: str, text: str, folder: str) -> dict[str, Any]:
    """Return what an import error says.

    :param path: file at fault, as Airflow names it
    :param text: a traceback, or just a sentence
    :param folder: frames of files elsewhere tell an author nothing
    """
    prefix = os.path.join(folder, "")
    lines = text.strip().split("\n")
    frames = [(number, match) for number, match in enumerate(map(FRAME.match, lines)) if match]
    # Below its frames an exception says what it is in the first line that is not indented.
    after = lines[frames[-1][0] + 1 :] if frames else lines
    message = next((line for line in after if line and not line.startswith(" ")), lines[-1])
    own = [match for _, match in frames if match.group(1).startswith(prefix)]
    return {
        "text": message.strip(),
        "file": os.path.relpath(own[-1].group(1) if own else path, folder),
        "line": int(own[-1].group(2)) if own else None,
        "dag_id": None,
        "timeout": "AirflowTaskTimeout" in message,
    }


def dag_facts(dag: Any, lines: Lines) -> dict[str, Any]:
    """Return what the policy wants to know of a DAG.

    :param dag: the DAG
    :param lines: finds lines of its file
    :returns: ``dag_id``, ``line``, ``schedule`` and ``end_date`` as texts, ``start_date``, whether there is one,
        ``fires``, whether the schedule gives any run, and ``tasks``, see task_facts
    """
    line = lines.of_dag(dag.dag_id)
    timetable, first_run = schedule_of(dag)
    start = bool(dag.start_date or any(task.start_date for task in dag.tasks))
    periodic = not UNSCHEDULED & {kind.__name__ for kind in type(timetable).__mro__}
    return {
        "dag_id": dag.dag_id,
        "line": line,
        "schedule": str(timetable.summary),
        "start_date": start,
        "end_date": dag.end_date.isoformat() if dag.end_date else None,
        # Without a start date no schedule gives a run, but that is another matter.
        "fires": not (start and periodic) or first_run() is not None,
        "tasks": [task_facts(task, lines, line) for task in dag.tasks],
    }


def schedule_of(dag: Any) -> tuple[Any, Callable[[], Any]]:
    """Return a DAG's timetable, and a function that gives its first run, None if there is none."""
    if hasattr(dag, "next_dagrun_info"):
        return dag.timetable, lambda: dag.next_dagrun_info(None)
    # From release 3 on only the scheduler's form of a DAG knows.
    from airflow.serialization.serialized_objects import LazyDeserializedDAG  # noqa: PLC0415

    known = LazyDeserializedDAG.from_dag(dag)

    def first_run() -> Any:
        # Of the run before; its name is another one since release 3.2.
        before = next(iter(inspect.signature(known._real_dag.next_dagrun_info).parameters))
        return known.next_dagrun_info(**{before: None})

    return known.timetable, first_run


def task_facts(task: Any, lines: Lines, after: int | None) -> dict[str, Any]:
    """Return what the policy wants to know of a task.

    :param task: an operator, mapped or not
    :param lines: finds lines of its file
    :param after: line of its DAG
    :returns: ``task_id``, ``line``, ``operator``, ``mapped``, ``queue``, ``connections`` (argument by connection id),
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
