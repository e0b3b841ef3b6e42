"""Makes Airflow apply the changes of a new release of the DAG tree immediately.

On its own, Airflow 2.5 looks for new and removed files every five minutes (dag_dir_list_interval). Its command ``dags
reserialize`` looks immediately, but removes every DAG and parses every file, in one transaction.
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any, Callable

from ..commands import Airflow
from ..compat import BUNDLE, accepts, dag_files, find, has_bundles
from .records import delete_history, forget, known_files

# The variable in Airflow from which people and tasks read the release.
VARIABLE = "airflow_dags_release"
# Files written in one transaction, which locks the rows of their DAGs and makes the scheduler wait for them.
BATCH = 50
# Attempts to write a batch, in case of conflicts with the scheduler's own writes.
TRIES = 5


def action_dag_refresh(_airflow: Airflow, request: dict[str, Any], report: dict[str, Any]) -> None:
    """Do what the scheduler does when it finds the change by itself.

    If any changed file is not a DAG file, such as a module that DAG files import, all DAG files are read.

    Args:
        request: ``release``, a dict for the variable; ``changed`` (new or different) and ``removed``, paths below the
            DAGs folder; ``everything``, whether to read all DAG files in any case; ``delete_history``, whether to
            delete the history of DAGs whose file is gone.
        report: Gets ``parsed``, ``dags`` and ``gone``, counts; ``errors``, the last line of each file's error; and
            ``not_deleted``, the reason why the history of a DAG was kept, by its id.
    """
    from airflow.configuration import conf  # noqa: PLC0415 - only the container has Airflow
    from airflow.models import Variable  # noqa: PLC0415

    # From release 3 on, this marks Airflow's server processes: DAG files that read variables or connections get them
    # here in the same way as there.
    os.environ["_AIRFLOW_PROCESS_CONTEXT"] = "server"
    folder = conf.get("core", "dags_folder")
    alive = dag_files(folder)
    changed, removed = ({os.path.join(folder, path) for path in request[part]} for part in ("changed", "removed"))
    some = changed <= set(alive) and removed <= known_files() and not request["everything"]
    parsed = sorted(changed) if some else alive
    dag_ids, errors = read_all(parsed, folder)
    # A file that cannot be read now may define its DAGs again tomorrow: keep them, as Airflow does.
    gone, orphans = forget(folder, alive, set(parsed) - set(errors), dag_ids)
    report["not_deleted"] = delete_history(orphans) if request["delete_history"] else {}
    Variable.set(VARIABLE, json.dumps(request["release"]), description="Release of the DAG tree that Airflow reads")
    report.update(parsed=len(parsed), dags=len(dag_ids), gone=len(gone))
    report["errors"] = {path: text.strip().split("\n")[-1] for path, text in errors.items()}


def read_all(paths: list[str], folder: str) -> tuple[set[str], dict[str, str]]:
    """Read files and write their DAGs into the database, one batch per transaction.

    Args:
        paths: The files.
        folder: The DAGs folder.

    Returns:
        The DAGs' ids, and errors by file.
    """
    from airflow import settings  # noqa: PLC0415
    from airflow.configuration import conf  # noqa: PLC0415

    # Otherwise DAGs written a moment ago would be skipped, and then removed if their file moved.
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
    """Read one batch of files and write their DAGs into the database.

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
            # The scheduler wrote the same DAG at the same time. Its row is visible now, so try again.
            if not left:
                raise
    # From release 3 on Airflow names the files below their folder.
    return set(bag.dags), {os.path.join(folder, path): text for path, text in bag.import_errors.items()}


def folder_bag(folder: str) -> tuple[Any, Callable[[], None]]:
    """Return a DagBag, and a function that writes its DAGs into the database, before release 3."""
    bag = find("DagBag")(dag_folder=os.devnull, collect_dags=False, read_dags_from_db=False)
    return bag, lambda: bag.sync_to_db(processor_subdir=folder)


def bundle_bag(folder: str) -> tuple[Any, Callable[[], None]]:
    """Return the same as folder_bag, from release 3 on."""
    from airflow.dag_processing.bundles.manager import DagBundlesManager  # noqa: PLC0415

    # DAGs refer to their bundle, and the DAG processor, which writes it, may not have run yet.
    DagBundlesManager().sync_bundles_to_db()
    kind, write = find("DagBag"), find("sync_bag_to_db")
    # This argument exists since release 3.2.
    named = {"bundle_name": BUNDLE} if accepts(kind, "bundle_name") else {}
    bag = kind(dag_folder=os.devnull, collect_dags=False, bundle_path=Path(folder), **named)
    return bag, lambda: write(bag, BUNDLE, None)
