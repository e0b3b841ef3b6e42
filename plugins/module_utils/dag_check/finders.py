"""Finders of violations of the rules in rules.py.

A finder takes the report and the context, a dict of facts, and yields places with the values for the rule's sentence.
"""

from __future__ import annotations

import datetime
import re
from collections.abc import Callable, Iterator

from ansible_collections.ansible_airflow.airflow.plugins.module_utils.dag_check.report import (
    Facts,
    Hit,
    Place,
    dags,
    errors,
    file_place,
    tasks,
)

# Arguments whose hooks do without the connection, and for which ids; None for all. From the providers' hooks:
# AwsGenericHook takes boto's own credentials, KubernetesHook those of the cluster, SparkSubmitHook falls back to YARN.
FALLBACKS = {"aws_conn_id": None, "kubernetes_conn_id": "kubernetes_default", "conn_id": "spark_default"}
# Where the stack mounts DAG files, and the link in it that the DAGs folder is.
DAGS, CURRENT = "/opt/airflow/dags/", "/opt/airflow/dags/current/"


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


def find_unknown_connection(report: Facts, context: Facts) -> Iterator[Hit]:
    """Find connections that do not exist."""
    for place, task in tasks(report):
        for conn_id, argument in task["connections"].items():
            # Some operators keep the argument under a private name.
            name = argument.lstrip("_")
            falls_back = name in FALLBACKS and FALLBACKS[name] in (None, conn_id)
            if conn_id not in context["connections"] and not falls_back:
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
        if dag["start_date"] and not dag["fires"] and not ended(dag):
            end = f" with end_date {dag['end_date']}" if dag["end_date"] else ""
            yield place, {"schedule": f"{dag['schedule']!r}{end}"}


def find_schedule_ended(report: Facts, _: Facts) -> Iterator[Hit]:
    """Find schedules that are over, as those of campaigns and migrations that people keep."""
    for place, dag in dags(report):
        if not dag["fires"] and ended(dag):
            yield place, {"schedule": repr(dag["schedule"]), "end": dag["end_date"]}


def ended(dag: Facts) -> bool:
    """Return whether a DAG had time between its dates, and that time is past."""
    if not (dag["start_date"] and dag["end_date"]):
        return False
    first, last = (datetime.datetime.fromisoformat(dag[name]) for name in ("start_date", "end_date"))
    return first <= last < datetime.datetime.now(datetime.timezone.utc)


def find_path_in_dags(report: Facts, _: Facts) -> Iterator[Hit]:
    """Find paths of DAG files without the link to their release, as people write them elsewhere."""
    for place, paths in (*((place, dag["paths"]) for place, dag in dags(report)), *task_paths(report)):
        for path in paths:
            yield place, {"path": path, "instead": path.replace(DAGS, CURRENT, 1)}


def task_paths(report: Facts) -> Iterator[tuple[Place, list[str]]]:
    """Return the paths in the arguments of tasks, with the places of the tasks."""
    for place, task in tasks(report):
        yield place, task["paths"]


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
