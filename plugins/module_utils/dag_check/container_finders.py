"""Finders of violations of the rules about containers that tasks start: their names, networks, mounts and images."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator

from ansible_collections.ansible_airflow.airflow.plugins.module_utils.dag_check.report import (
    Facts,
    Hit,
    Place,
    containers,
    sources,
    tasks,
)

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
        allowed = [public(context), *context.get("mount_prefixes", ())]
        if not (below(source, context["projects_directory"]) or any(within(source, each) for each in allowed)):
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
