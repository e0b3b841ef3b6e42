"""Finders of violations of the rules in rules.py.

A finder takes the report and the context, a dict of facts, and yields places with the values for the rule's sentence.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator

from ansible_collections.ansible_airflow.airflow.plugins.module_utils.dag_check.report import (
    Facts,
    Place,
    containers,
    dags,
    errors,
    file_place,
    sources,
    tasks,
)

Hit = tuple[Place, Facts]

# Network modes that need no network; `container:NAME` is another one.
NETWORK_MODES = ("bridge", "default", "host", "none")


def below(path: str, directory: str) -> bool:
    """Return whether a path, which need not exist, is below a directory."""
    return os.path.normpath(path).startswith(os.path.join(os.path.normpath(directory), ""))


def within(path: str, directory: str) -> bool:
    """Return whether a path is a directory or below it."""
    return os.path.normpath(path) == os.path.normpath(directory) or below(path, directory)


def public(context: Facts) -> str:
    """Return the directory of the stack that every task may mount: it holds the CA certificates of the databases."""
    return os.path.join(context["airflow_directory"], "ca")


def find_errors(kind: str) -> Callable[[Facts, Facts], Iterator[Hit]]:
    """Return a finder of Airflow's errors of a kind.

    Args:
        kind: A kind of inside/dags/parse.py.
    """

    def find(report: Facts, _: Facts) -> Iterator[Hit]:
        for place, text in errors(report, kind):
            yield place, {"error": text.rstrip(".")}

    return find


def find_import_timeout(report: Facts, _: Facts) -> Iterator[Hit]:
    """Find files that did not finish loading in time."""
    for place, text in errors(report, "import", timeout=True):
        seconds = re.search(r"after ([\d.]+)s", text)
        yield place, {"seconds": float(seconds.group(1)) if seconds else 0}
    for file in report["files"]:
        if "timeout" in file:
            yield file_place(file), {"seconds": file["timeout"]}


def find_import_crash(report: Facts, _: Facts) -> Iterator[Hit]:
    """Find files that ended the interpreter."""
    for file in report["files"]:
        if "crash" in file:
            yield file_place(file), {"end": file["crash"]}


def find_duplicate_dag_id(report: Facts, _: Facts) -> Iterator[Hit]:
    """Find DAGs that have the id of an earlier one."""
    first: dict[str, Place] = {}
    for place, dag in dags(report):
        if first.setdefault(dag["dag_id"], place) is not place:
            yield place, {"dag_id": dag["dag_id"], "other": first[dag["dag_id"]]}


def find_container_name_taken(report: Facts, context: Facts) -> Iterator[Hit]:
    """Find fixed container names that compose uses."""
    services, project = "|".join(map(re.escape, context["services"])), re.escape(context["project"])
    taken = re.compile(rf"{services}|{project}-(?:{services})-(?:\d+|run-[0-9a-f]+)")
    for place, container in containers(report):
        name = container["container_name"]
        if name and taken.fullmatch(name):
            yield place, {"name": name}


def find_container_name_shared(report: Facts, _: Facts) -> Iterator[Hit]:
    """Find fixed container names of several tasks, or of several copies of a mapped task."""
    first: dict[str, Place] = {}
    for place, task in tasks(report):
        names = [name for name in (each["container_name"] for each in task["containers"]) if name]
        for name in dict.fromkeys(names):
            other = first.setdefault(name, place)
            if other is not place:
                yield place, {"name": name, "other": f"task {other.task_id} of DAG {other.dag_id} ({other})"}
            elif names.count(name) > 1 or (task["mapped"] and len(task["containers"]) == 1):
                yield place, {"name": name, "other": "other copies of this mapped task"}


def find_unknown_network(report: Facts, context: Facts) -> Iterator[Hit]:
    """Find networks that the engine does not have."""
    known = (*NETWORK_MODES, *context["networks"])
    for place, container in containers(report):
        network = container["network_mode"]
        if network and network not in known and not network.startswith("container:"):
            yield place, {"network": network}


def find_mount_outside_projects(report: Facts, context: Facts) -> Iterator[Hit]:
    """Find bind mounts from outside the projects' directory."""
    for place, source in sources(report):
        if not (below(source, context["projects_directory"]) or within(source, public(context))):
            yield place, {"source": source, "directory": context["projects_directory"]}


def find_mount_in_airflow(report: Facts, context: Facts) -> Iterator[Hit]:
    """Find bind mounts from Airflow's own directory."""
    directory = os.path.normpath(context["airflow_directory"])
    for place, source in sources(report):
        if within(source, directory) and not within(source, public(context)):
            yield place, {"source": source, "directory": directory}


def find_mount_missing(report: Facts, context: Facts) -> Iterator[Hit]:
    """Find bind mounts whose source does not exist."""
    for place, source in sources(report):
        if not context["sources"].get(source, True):
            yield place, {"source": source}


def find_image_missing(report: Facts, context: Facts) -> Iterator[Hit]:
    """Find images that are not available."""
    for place, container in containers(report):
        reason = context["images"].get(container["image"])
        if reason:
            yield place, {"image": container["image"], "reason": reason}


def find_unknown_connection(report: Facts, context: Facts) -> Iterator[Hit]:
    """Find connections that do not exist."""
    for place, task in tasks(report):
        for conn_id, argument in task["connections"].items():
            if conn_id not in context["connections"]:
                yield place, {"connection": conn_id, "argument": argument}


def find_unknown_queue(report: Facts, context: Facts) -> Iterator[Hit]:
    """Find queues from which no worker takes tasks."""
    for place, task in tasks(report):
        if task["queue"] not in context["queues"]:
            yield place, {"queue": task["queue"], "known": ", ".join(context["queues"])}


def find_unknown_pool(report: Facts, context: Facts) -> Iterator[Hit]:
    """Find pools that do not exist."""
    for place, task in tasks(report):
        if task["pool"] not in context["pools"]:
            yield place, {"pool": task["pool"]}


def find_schedule_never_fires(report: Facts, _: Facts) -> Iterator[Hit]:
    """Find schedules that never trigger a run although the DAG has a start date."""
    for place, dag in dags(report):
        if dag["start_date"] and not dag["fires"]:
            end = f" with end_date {dag['end_date']}" if dag["end_date"] else ""
            yield place, {"schedule": f"{dag['schedule']!r}{end}"}


def find_start_date_missing(report: Facts, _: Facts) -> Iterator[Hit]:
    """Find DAGs that Airflow does not run because they have no start date.

    Releases before 2.8 refuse such DAGs if they have tasks. From 2.8 on it depends on the schedule and on ``catchup``:
    the release's own code has determined whether there is a first run.
    """
    for place, text in errors(report, "import"):
        if "missing the start_date" in text:
            yield place, {}
    for place, dag in dags(report):
        if not (dag["start_date"] or dag["fires"]):
            yield place, {}


def find_slow_import(report: Facts, context: Facts) -> Iterator[Hit]:
    """Find files that take too long to load."""
    for file in report["files"]:
        if file["seconds"] > context["slow_seconds"] and "dags" in file:
            yield Place(file["file"]), {"seconds": file["seconds"], "limit": context["slow_seconds"]}
