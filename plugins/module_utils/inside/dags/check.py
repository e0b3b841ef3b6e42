"""Loads DAG files to see whether they work."""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Iterable
from typing import Any

from ..commands import Airflow
from ..compat import dag_files
from .parse import parse
from .plugins import broken_plugins
from .processes import run_each
from .warm_up import api, warm_up


def action_dags_check(airflow: Airflow, request: dict[str, Any], report: dict[str, Any]) -> None:
    """Load every DAG file below a folder that Airflow would load, and report the outcome of each.

    Args:
        airflow: Tells what errors mean.
        request: ``folder``; ``limit``, seconds that one file gets; ``jobs``, how many are loaded at a time, 0 for one a
            core; ``database``, whether there is the database of a stack to ask for connections, pools and roles;
            ``plugins``, whether there has to be a folder of plugins.
        report: Gets ``exists``, whether the folder does, and that of the plugins; ``files``, in order of their paths,
            each with ``file`` (relative to the folder; of the plugins only what went wrong, as the file ``plugins``),
            ``seconds``, and either what parse reports, or ``timeout`` (seconds) or ``crash`` (words), with ``place``
            where known; ``database``, see look_up.
    """
    from airflow.configuration import conf  # noqa: PLC0415 - only the container has Airflow

    read_only()
    folder, plugins = request["folder"], conf.get("core", "plugins_folder")
    report["exists"] = os.path.isdir(folder) and (os.path.isdir(plugins) or not request["plugins"])
    files = report.setdefault("files", [])
    if not report["exists"]:
        return
    # Airflow passes over what it may not read: then nothing would be wrong.
    os.listdir(folder)
    # First, in a process of their own: Airflow loads plugins into whatever process meets a first DAG.
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
        request: That of action_dags_check.
        files: Gets a report of each, in the order in which they end.
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
    """Let this process and its children write nothing to Airflow's database, also by engines that DAG files make.

    Other databases that a DAG file connects to are left alone. A file that means to can get around this, by psycopg2
    itself or by another mode of a transaction: it keeps mistakes out, not attackers.
    """
    from airflow import settings  # noqa: PLC0415
    from sqlalchemy import event  # noqa: PLC0415
    from sqlalchemy.engine import Engine  # noqa: PLC0415

    own = settings.engine.url.database

    def restrict(connection: Any, _record: Any) -> None:
        if hasattr(connection, "set_session"):
            # Of psycopg2: each transaction begins with the words READ ONLY.
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
    """Return what the policy needs to know of the database, None for what the database does not tell.

    Args:
        airflow: Tells what an error means.
        used: Ids of the connections that tasks use.

    Returns:
        ``connections``, ids of those of them that exist, in the database or in another place of this Airflow;
        ``pools``, the names of all; and ``unknown``, why nobody knows.
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
