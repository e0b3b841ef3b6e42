"""Loads DAG files to check that they work."""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Iterable
from typing import Any

from ..commands import Airflow
from ..compat import dag_files
from .earlier import read_earlier
from .parse import parse
from .plugins import broken_plugins
from .processes import run_each
from .warm_up import api, warm_up


def action_dags_check(airflow: Airflow, request: dict[str, Any], report: dict[str, Any]) -> None:
    """Load every DAG file below a folder that Airflow would load, and report the outcome of each.

    Args:
        airflow: Classifies errors.
        request: ``folder``; ``limit``, timeout of one file in seconds; ``jobs``, number of parallel processes, 0 for
            one per core; ``database``, whether a stack's database is available for connections, pools and roles;
            ``earlier``, whether that database has the schema of an earlier release; ``plugins``, whether a plugins
            folder is required.
        report: Gets ``exists``, whether the folder and any required plugins folder exist; ``files``, ordered by path,
            each with ``file`` (relative to the folder; ``plugins`` for errors of the plugins), ``seconds``, and either
            what parse reports, or ``timeout`` (seconds) or ``crash`` (words), with ``place`` where known;
            ``database``, see look_up.
    """
    from airflow.configuration import conf  # noqa: PLC0415 - only the container has Airflow

    read_only()
    if request["earlier"]:
        read_earlier()
    folder, plugins = request["folder"], conf.get("core", "plugins_folder")
    report["exists"] = os.path.isdir(folder) and (os.path.isdir(plugins) or not request["plugins"])
    files = report.setdefault("files", [])
    if not report["exists"]:
        return
    # Fail here if the folder is not readable: Airflow would skip it, and nothing would be reported as wrong.
    os.listdir(folder)
    # Check plugins first, in a separate process: Airflow loads them into any process that loads a DAG.
    files += broken_plugins(plugins, request["limit"])
    if any("errors" not in file for file in files):
        return
    load_files(request, files)
    files.sort(key=lambda file: str(file["file"]))
    if request["database"]:
        report["database"] = look_up(airflow, used_connections(files))


def load_files(request: dict[str, Any], files: list[dict[str, Any]]) -> None:
    """Load the DAG files.

    Args:
        request: The request of action_dags_check.
        files: Gets a report of each file, in the order of completion.
    """
    folder, limit = request["folder"], request["limit"]
    paths = sorted(dag_files(folder))
    warm_up(paths)
    parsing = {"folder": folder, "database": request["database"], "api": api(paths)}

    def load(path: str, found: dict[str, Any], pipe: int) -> None:
        parse({**parsing, "path": path, "pipe": pipe, "until": time.monotonic() + limit}, found)

    for child in run_each(paths, load, limit, request["jobs"] or len(os.sched_getaffinity(0))):
        result = {"file": os.path.relpath(child.path, folder), "seconds": round(child.seconds, 3)}
        files.append({**result, **child.outcome(folder)})


def read_only() -> None:
    """Make Airflow's database read-only for this process and its children, including engines that DAG files create.

    Other databases that a DAG file connects to are unaffected. A file can circumvent this on purpose, with psycopg2
    itself or with another transaction mode: it guards against mistakes, not against attackers.
    """
    from airflow import settings  # noqa: PLC0415
    from sqlalchemy import event  # noqa: PLC0415
    from sqlalchemy.engine import Engine  # noqa: PLC0415

    own = settings.engine.url.database

    def restrict(connection: Any, _record: Any) -> None:
        if hasattr(connection, "set_session"):
            # psycopg2: each transaction begins as READ ONLY.
            if connection.get_dsn_parameters().get("dbname") == own:
                connection.set_session(readonly=True)
        elif hasattr(connection, "create_function"):
            connection.execute("PRAGMA query_only = ON")

    # For all engines, including ones created later.
    event.listen(Engine, "connect", restrict)


def used_connections(files: Iterable[dict[str, Any]]) -> set[str]:
    """Return the ids of the connections that tasks use."""
    return {
        conn_id
        for file in files
        for dag in file.get("dags", ())
        for task in dag["tasks"]
        for conn_id in task["connections"]
    }


def look_up(airflow: Airflow, used: set[str]) -> dict[str, Any]:
    """Return the connections and pools that the policy needs to know, None if the database cannot be read.

    Args:
        airflow: Classifies an error.
        used: Ids of the connections that tasks use.

    Returns:
        ``connections``, the used ids that exist in the database or in another source of this Airflow; ``pools``, the
        names of all pools; and ``unknown``, why they could not be read.
    """
    from airflow.exceptions import AirflowNotFoundException  # noqa: PLC0415
    from airflow.models import Connection, Pool  # noqa: PLC0415
    from airflow.utils.session import create_session  # noqa: PLC0415

    try:
        with create_session() as session:
            stored = {conn_id for (conn_id,) in session.query(Connection.conn_id)}
            pools = sorted(name for (name,) in session.query(Pool.pool))
        found = used & stored
        for conn_id in used - stored:
            # The environment and secrets backends cannot be listed.
            with contextlib.suppress(AirflowNotFoundException):
                Connection.get_connection_from_secrets(conn_id)
                found.add(conn_id)
    except Exception as error:  # noqa: BLE001 - the reason is passed on
        return {"connections": None, "pools": None, "unknown": airflow.describe(error)["detail"]}
    return {"connections": sorted(found), "pools": pools, "unknown": None}
