"""Gathers the facts of a host that the rules need."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

from ansible_collections.ansible_airflow.airflow.plugins.module_utils.containers.engine import (
    Engine,
    EngineError,
    wants_login,
)
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.dag_check.report import containers, sources


def gather(
    options: dict[str, Any], definition: dict[str, Any], report: dict[str, Any]
) -> tuple[dict[str, Any], list[tuple[str, str]]]:
    """Return the context for the policy, and the rules that could not be checked completely: id and sentence.

    Args:
        options: Options of the module airflow_dag_check.
        definition: The compose project.
        report: What the action dags_check reported.
    """
    known = report["database"]
    context: dict[str, Any] = {
        "project": definition["name"],
        "services": list(definition["services"]),
        "projects_directory": options["projects_directory"],
        "mount_prefixes": options["mount_prefixes"],
        "airflow_directory": os.path.dirname(options["compose_file"]),
        "slow_seconds": options["slow_seconds"],
        "queues": options["queues"],
        "sources": {source: os.path.exists(source) for _, source in sources(report)},
        "connections": None if known["unknown"] else [*known["connections"], *options["connections"]],
        "pools": None if known["unknown"] else [*known["pools"], *options["pools"]],
        # Whether a database was available with roles for checking each access_control.
        "roles": None if known["unknown"] else True,
        "unknown": {},
    }
    if known["unknown"]:
        silent = f"Airflow's database does not answer: {known['unknown']}"
        context["unknown"].update(dict.fromkeys(("connections", "pools", "roles"), silent))
    return context, add_engine(context, options, [container for _, container in containers(report)])


def add_engine(
    context: dict[str, Any], options: dict[str, Any], started: list[Mapping[str, Any]]
) -> list[tuple[str, str]]:
    """Add what the Docker engine knows to the context.

    Args:
        context: Receives ``networks`` and ``images``, or why they are unknown.
        options: Options of the module airflow_dag_check.
        started: The containers that the engine will run.

    Returns:
        Rules that could not be checked completely: id and sentence.
    """
    # Registries may be slow to refuse, so they are queried only if the rule is enabled.
    wanted = {each["image"] for each in started if each["image"] and "image-missing" not in options["skip"]}
    engine = Engine(options["docker_socket"])
    try:
        context["networks"] = engine.networks()
        images = engine.missing_images(sorted(wanted))
    except EngineError as error:
        context["unknown"].update(dict.fromkeys(("networks", "images"), f"the Docker engine does not answer: {error}"))
        return []
    # The task logs in with an Airflow connection, the check does not.
    private = {each["image"] for each in started if each["login"]}
    closed = {name: reason for name, reason in images.items() if name in private and wants_login(reason)}
    context["images"] = {name: reason for name, reason in images.items() if name not in closed}
    return [("image-missing", f"{name} requires a login: {reason}") for name, reason in closed.items()]
