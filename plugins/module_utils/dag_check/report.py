"""Access to the report of the action dags_check of inside/dags/check.py."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

Facts = Mapping[str, Any]

LOCAL_ENGINE = "unix://"


@dataclass(frozen=True)
class Place:
    """Where something is wrong."""

    file: str
    line: int | None = None
    dag_id: str | None = None
    task_id: str | None = None

    def __str__(self) -> str:
        """Return it in readable form."""
        return f"{self.file}:{self.line}" if self.line else self.file


# A violation of a rule: where, and the values for the rule's sentence.
Hit = tuple[Place, Facts]


def dags(report: Facts) -> Iterator[tuple[Place, Facts]]:
    """Return all DAGs with their places."""
    for file in report["files"]:
        for dag in file.get("dags", ()):
            yield Place(file["file"], dag["line"], dag["dag_id"]), dag


def tasks(report: Facts) -> Iterator[tuple[Place, Facts]]:
    """Return all tasks with their places."""
    for place, dag in dags(report):
        for task in dag["tasks"]:
            yield Place(place.file, task["line"] or place.line, dag["dag_id"], task["task_id"]), task


def containers(report: Facts) -> Iterator[tuple[Place, Facts]]:
    """Return all containers that the engine of the worker's host will run, with the places of their tasks."""
    for place, task in tasks(report):
        for container in task["containers"]:
            if (container["docker_url"] or LOCAL_ENGINE).startswith(LOCAL_ENGINE):
                yield place, container


def sources(report: Facts) -> Iterator[tuple[Place, str]]:
    """Return the sources of all bind mounts, with the places of their tasks."""
    for place, container in containers(report):
        for mount in container["mounts"]:
            if mount["type"] == "bind" and mount["source"]:
                yield place, mount["source"]


def file_place(file: Facts) -> Place:
    """Return where a file hung or crashed, which may be in a module that it imports."""
    place = file.get("place") or {"file": file["file"], "line": None}
    return Place(place["file"], place["line"])


def errors(report: Facts, kind: str, *, timeout: bool = False) -> Iterator[tuple[Place, str]]:
    """Return Airflow's errors of a kind, either its own timeouts or all others.

    Args:
        report: Report of the action dags_check.
        kind: A kind of inside/dags/parse.py.
        timeout: Whether to return Airflow's own timeouts.
    """
    for file in report["files"]:
        for error in file.get("errors", ()):
            if (error["kind"], error["timeout"]) == (kind, timeout):
                yield Place(error["file"], error["line"], error["dag_id"]), error["text"]
