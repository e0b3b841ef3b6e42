"""Parses DAG files in an Airflow, for the module airflow_dag_check and for `make dags-check`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from ansible_collections.ansible_airflow.airflow.plugins.module_utils.containers.airflow import run_program
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.inside.dags import check


def parse_files(
    run_command: Callable[..., tuple[int, str, str]],
    python: Sequence[str],
    where: str,
    *,
    timeout: int,
    folder: str,
    limit: float,
    jobs: int,
    database: bool,
    plugins: bool,
) -> dict[str, Any]:
    """Return what the action dags_check of inside/dags/check.py reports.

    Args:
        run_command: Runs an argument list with ``data`` as its standard input.
        python: Command line that starts a Python that has Airflow.
        where: Its place, as errors begin with it.
        timeout: Seconds that all files get together.
        folder: The DAGs folder, as that Python sees it.
        limit: Seconds that one file gets.
        jobs: How many files are parsed at a time, 0 for one a core.
        database: Whether Airflow has the database of a stack, to be asked for connections, pools and roles.
        plugins: Whether there has to be a folder of plugins.

    Raises:
        InsideError: The process failed.
    """
    action = {
        "name": "dags_check",
        "folder": folder,
        "limit": limit,
        "jobs": jobs,
        "database": database,
        "plugins": plugins,
    }
    reports = run_program(run_command, python, where, timeout=timeout, programs=[check], actions=[action])
    report: dict[str, Any] = reports["dags_check"]
    return report
