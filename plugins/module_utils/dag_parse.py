"""Parses DAG files in an Airflow, for the module airflow_dag_check and for `make dags-check`.

No AnsibleModule in here.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from ansible_collections.ansible_airflow.airflow.plugins.module_utils.airflow_container import run_program
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

    :param run_command: runs an argument list with ``data`` as its standard input
    :param python: command line that starts a Python that has Airflow
    :param where: its place, as errors begin with it
    :param timeout: seconds that all files get together
    :param folder: the DAGs folder, as that Python sees it
    :param limit: seconds that one file gets
    :param jobs: how many files are parsed at a time, 0 for one a core
    :param database: whether Airflow has the database of a stack, to be asked for connections, pools and roles
    :param plugins: whether there has to be a folder of plugins
    :raises InsideError: if the process failed
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
