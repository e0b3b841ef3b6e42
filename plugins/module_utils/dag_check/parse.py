"""Parses DAG files with an Airflow, for the module airflow_dag_check and for `make dags-check`."""

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
    earlier: bool = False,
) -> dict[str, Any]:
    """Return the report of the action dags_check of inside/dags/check.py.

    Args:
        run_command: Runs an argument list with ``data`` as its standard input.
        python: Command line that starts a Python that has Airflow.
        where: Where that Python is; error messages begin with it.
        timeout: Timeout in seconds for all files together.
        folder: The DAGs folder, as that Python sees it.
        limit: Timeout in seconds for one file.
        jobs: Number of files to parse at a time; 0 for one per core.
        database: Whether Airflow has the database of a stack, from which to read connections, pools and roles.
        plugins: Whether a folder of plugins must exist.
        earlier: Whether that database has the schema of an earlier release of Airflow.

    Raises:
        InsideError: The process failed.
    """
    action = {
        "name": "dags_check",
        "folder": folder,
        "limit": limit,
        "jobs": jobs,
        "database": database,
        "earlier": earlier,
        "plugins": plugins,
    }
    reports = run_program(run_command, python, where, timeout=timeout, programs=[check], actions=[action])
    report: dict[str, Any] = reports["dags_check"]
    return report
