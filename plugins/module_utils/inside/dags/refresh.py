"""Tells Airflow at once what a new release of the DAG tree changed.

By itself Airflow 2.5 looks for new and removed files every five minutes (dag_dir_list_interval). Its command ``dags
reserialize`` looks at once, but takes every DAG out and parses every file, in one transaction.
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any, Callable

from ..commands import Airflow
from ..compat import BUNDLE, accepts, dag_files, find, has_bundles
from .records import delete_history, forget, known_files

# Airflow's variable that tells the release to people and to tasks.
VARIABLE = "airflow_dags_release"
# Files that are written in one transaction. It locks the rows of their DAGs, for which the scheduler waits.
BATCH = 50
# How often a batch is written that the scheduler's own writing got in the way of.
TRIES = 5


def action_dag_refresh(_airflow: Airflow, request: dict[str, Any], report: dict[str, Any]) -> None:
    """Do what the scheduler does when it finds the change by itself.

    When anything changed that is no DAG file, such as a module that some of them import, all DAG files are read.

    Args:
        request: ``release``, a dict for the variable; ``changed`` and ``removed``, paths below the DAGs folder, the
            first ones of files that are new or differ; ``everything``, whether to read all DAG files in any case;
            ``delete_history``, whether the runs of DAGs go with them.
        report: Gets ``parsed``, ``dags`` and ``gone``, numbers; ``errors``, the last line by file; and
            ``not_deleted``, why the history of a DAG stays, by its id.
    """
    from airflow.configuration import conf  # noqa: PLC0415 - only the container has Airflow
    from airflow.models import Variable  # noqa: PLC0415

    # From release 3 on a DAG file that reads a variable or a connection gets it here as in Airflow's own server
    # processes, whose mark this is.
    os.environ["_AIRFLOW_PROCESS_CONTEXT"] = "server"
    folder = conf.get("core", "dags_folder")
    alive = dag_files(folder)
    changed, removed = ({os.path.join(folder, path) for path in request[part]} for part in ("changed", "removed"))
    some = changed <= set(alive) and removed <= known_files() and not request["everything"]
    parsed = sorted(changed) if some else alive
    dag_ids, errors = read_all(parsed, folder)
    # A file that cannot be read now may have its DAGs again tomorrow: Airflow keeps them, so we do.
    gone, orphans = forget(folder, alive, set(parsed) - set(errors), dag_ids)
    report["not_deleted"] = delete_history(orphans) if request["delete_history"] else {}
    Variable.set(VARIABLE, json.dumps(request["release"]), description="Release of the DAG tree that Airflow reads")
    report.update(parsed=len(parsed), dags=len(dag_ids), gone=len(gone))
    report["errors"] = {path: text.strip().split("\n")[-1] for path, text in errors.items()}


def read_all(paths: list[str], folder: str) -> tuple[set[str], dict[str, str]]:
    """Read files and write their DAGs into the database, a batch in a transaction.

    Args:
        paths: The files.
        folder: The DAGs folder.

    Returns:
        The DAGs' ids, and errors by file.
    """
    from airflow import settings  # noqa: PLC0415
    from airflow.configuration import conf  # noqa: PLC0415

    # What was written a moment ago would be passed over otherwise, and then removed if its file moved.
    settings.MIN_SERIALIZED_DAG_UPDATE_INTERVAL = 0
    conf.set("core", "min_serialized_dag_update_interval", "0")
    dag_ids: set[str] = set()
    errors: dict[str, str] = {}
    for start in range(0, len(paths), BATCH):
        found, failed = read(paths[start : start + BATCH], folder)
        dag_ids |= found
        errors.update(failed)
    return dag_ids, errors


def read(paths: list[str], folder: str) -> tuple[set[str], dict[str, str]]:
    """Do the same for one batch.

    Args:
        paths: The files.
        folder: The DAGs folder.

    Returns:
        The DAGs' ids, and errors by file.
    """
    from sqlalchemy.exc import SQLAlchemyError  # noqa: PLC0415

    bag, write = bundle_bag(folder) if has_bundles() else folder_bag(folder)
    for path in paths:
        bag.process_file(path, only_if_updated=False)
    for left in reversed(range(TRIES)):
        try:
            write()
            break
        except SQLAlchemyError:
            # The scheduler wrote the same DAG at the same time. Its row can be seen now.
            if not left:
                raise
    # From release 3 on Airflow names the files below their folder.
    return set(bag.dags), {os.path.join(folder, path): text for path, text in bag.import_errors.items()}


def folder_bag(folder: str) -> tuple[Any, Callable[[], None]]:
    """Return Airflow's reader of DAG files, and what writes into the database what it has read, before release 3."""
    bag = find("DagBag")(dag_folder=os.devnull, collect_dags=False, read_dags_from_db=False)
    return bag, lambda: bag.sync_to_db(processor_subdir=folder)


def bundle_bag(folder: str) -> tuple[Any, Callable[[], None]]:
    """Return the same from release 3 on."""
    from airflow.dag_processing.bundles.manager import DagBundlesManager  # noqa: PLC0415

    # DAGs refer to it, and the DAG processor may not have run yet.
    DagBundlesManager().sync_bundles_to_db()
    kind, write = find("DagBag"), find("sync_bag_to_db")
    # Since release 3.2.
    named = {"bundle_name": BUNDLE} if accepts(kind, "bundle_name") else {}
    bag = kind(dag_folder=os.devnull, collect_dags=False, bundle_path=Path(folder), **named)
    return bag, lambda: write(bag, BUNDLE, None)
