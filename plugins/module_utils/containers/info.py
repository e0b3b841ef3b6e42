"""Queries a running Airflow, for the module airflow_info."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ansible_collections.ansible_airflow.airflow.plugins.module_utils.containers.airflow import (
    RunCommand,
    run_inside,
    sentence,
)
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.inside import info

REQUEST = ("subset", "worker_timeout", "worker_count")


def ask(
    run_command: RunCommand, docker: str, container: str, options: Mapping[str, Any]
) -> tuple[dict[str, Any], list[str]]:
    """Query all subsets in one process.

    Args:
        run_command: Runs an argument list with ``data`` as its standard input.
        docker: Path of the docker command.
        container: Name of the container.
        options: Options of the module airflow_info.

    Returns:
        The answers by subset; and for each subset that failed, its name and the reason as one sentence.

    Raises:
        InsideError: The process failed.
    """
    request = {name: options[name] for name in REQUEST}
    report = run_inside(
        run_command,
        docker,
        container,
        timeout=options["timeout"],
        programs=[info],
        actions=[{**request, "name": "info"}],
    )["info"]
    failed = report.pop("failed")
    return report, [f"{name}: {sentence(error)}" for name, error in failed.items()]
