"""Tells Airflow at once what a new release of the DAG tree changed; sent into a container after airflow_inside.py.

Valid Python 3.7. By itself Airflow 2.5 looks for new and removed files every five minutes (dag_dir_list_interval). Its
command ``dags reserialize`` looks at once, but takes every DAG out and parses every file, in one transaction.
"""

from __future__ import annotations

import inspect
import json
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any, Callable

if TYPE_CHECKING:
    from ansible_collections.ansible_airflow.airflow.plugins.module_utils.airflow_inside import Airflow

# Airflow's variable that tells the release to people and to tasks.
VARIABLE = "airflow_dags_release"
# What Airflow calls the DAGs folder among its bundles.
BUNDLE = "dags-folder"
# Files that are written in one transaction. It locks the rows of their DAGs, for which the scheduler waits.
BATCH = 50
# How often a batch is written that the scheduler's own writing got in the way of.
TRIES = 5


def action_dag_refresh(airflow: Airflow, request: dict[str, Any], report: dict[str, Any]) -> None:
    """Do what the scheduler does when it finds the change by itself.

    When anything changed that is no DAG file, such as a module that some of them import, all DAG files are read.

    :param request: ``release``, a dict for the variable; ``changed`` and ``removed``, paths below the DAGs folder, the
        first ones of files that are new or differ; ``everything``, whether to read all DAG files in any case;
        ``delete_history``, whether the runs of DAGs go with them
    :param report: gets ``parsed``, ``dags`` and ``gone``, numbers; ``errors``, the last line by file; and
        ``not_deleted``, why the history of a DAG stays, by its id
    """
    from airflow import settings  # noqa: PLC0415 - only the container has Airflow
    from airflow.configuration import conf  # noqa: PLC0415
    from airflow.models import Variable  # noqa: PLC0415

    # From release 3 on a DAG file that reads a variable or a connection gets it here as in Airflow's own server
    # processes, whose mark this is.
    os.environ["_AIRFLOW_PROCESS_CONTEXT"] = "server"
    folder = conf.get("core", "dags_folder")
    alive = airflow.dag_files(folder)
    changed, removed = ({os.path.join(folder, path) for path in request[part]} for part in ("changed", "removed"))
    some = changed <= set(alive) and removed <= known_files() and not request["everything"]
    parsed = sorted(changed) if some else alive
    # What was written a moment ago would be passed over otherwise, and then removed if its file moved.
    settings.MIN_SERIALIZED_DAG_UPDATE_INTERVAL = 0
    conf.set("core", "min_serialized_dag_update_interval", "0")
    dag_ids: set[str] = set()
    errors: dict[str, str] = {}
    for start in range(0, len(parsed), BATCH):
        found, failed = read(airflow, parsed[start : start + BATCH], folder)
        dag_ids |= found
        errors.update(failed)
    # A file that cannot be read now may have its DAGs again tomorrow: Airflow keeps them, so we do.
    gone, orphans = forget(airflow, folder, alive, set(parsed) - set(errors), dag_ids)
    report["not_deleted"] = delete_history(orphans) if request["delete_history"] else {}
    Variable.set(VARIABLE, json.dumps(request["release"]), description="Release of the DAG tree that Airflow reads")
    report.update(parsed=len(parsed), dags=len(dag_ids), gone=len(gone))
    report["errors"] = {path: text.strip().split("\n")[-1] for path, text in errors.items()}


def read(airflow: Airflow, paths: list[str], folder: str) -> tuple[set[str], dict[str, str]]:
    """Read some files and write their DAGs into the database; return the DAGs' ids, and errors by file.

    :param airflow: knows where Airflow's classes are
    :param paths: the files
    :param folder: the DAGs folder
    """
    from sqlalchemy.exc import SQLAlchemyError  # noqa: PLC0415

    bag, write = bundle_bag(airflow, folder) if bundled() else folder_bag(airflow, folder)
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


def bundled() -> bool:
    """Return whether this Airflow has bundles of DAGs, the DAGs folder being one of them: from release 3 on."""
    from airflow.models import DagModel  # noqa: PLC0415

    return hasattr(DagModel, "bundle_name")


def folder_bag(airflow: Airflow, folder: str) -> tuple[Any, Callable[[], None]]:
    """Return Airflow's reader of DAG files, and what writes into the database what it has read, before release 3."""
    bag = airflow.find("DagBag")(dag_folder=os.devnull, collect_dags=False, read_dags_from_db=False)
    return bag, lambda: bag.sync_to_db(processor_subdir=folder)


def bundle_bag(airflow: Airflow, folder: str) -> tuple[Any, Callable[[], None]]:
    """Return the same from release 3 on."""
    from airflow.dag_processing.bundles.manager import DagBundlesManager  # noqa: PLC0415

    # DAGs refer to it, and the DAG processor may not have run yet.
    DagBundlesManager().sync_bundles_to_db()
    kind, write = airflow.find("DagBag"), airflow.find("sync_bag_to_db")
    # Since release 3.2.
    named = {"bundle_name": BUNDLE} if "bundle_name" in inspect.signature(kind).parameters else {}
    bag = kind(dag_folder=os.devnull, collect_dags=False, bundle_path=Path(folder), **named)
    return bag, lambda: write(bag, BUNDLE, None)


def known_files() -> set[str]:
    """Return the files in which Airflow has found DAGs, now or before."""
    from airflow.models import DagModel  # noqa: PLC0415
    from airflow.utils.session import create_session  # noqa: PLC0415

    with create_session() as session:
        return {path for (path,) in session.query(DagModel.fileloc)}


def forget(
    airflow: Airflow, folder: str, alive: list[str], parsed: set[str], dag_ids: set[str]
) -> tuple[list[str], list[str]]:
    """Take those DAGs out of sight whose file is gone, or whose file was read without error and has them no more.

    Their runs and logs stay: a DAG that comes back has its history.

    :param airflow: knows where a model is
    :param folder: the DAGs folder
    :param alive: the files that are there
    :param parsed: the files that were read without error
    :param dag_ids: what is in these
    :returns: the ids of the DAGs that went, and of those among them whose file is gone
    """
    from airflow.models import DagModel  # noqa: PLC0415
    from airflow.utils.file import correct_maybe_zipped  # noqa: PLC0415
    from airflow.utils.session import create_session  # noqa: PLC0415

    failure = airflow.find("ImportError")
    gone, orphans = [], []
    with create_session() as session:
        for row in session.query(DagModel).filter(~DagModel.is_stale if bundled() else DagModel.is_active):
            # A DAG in a zip archive lies below it.
            path = correct_maybe_zipped(row.fileloc)
            if path not in alive or (path in parsed and row.dag_id not in dag_ids):
                hide(row, session)
                gone.append(row.dag_id)
                if path not in alive:
                    orphans.append(row.dag_id)
        if not bundled():
            forget_code(folder, alive, session)
        named = [os.path.relpath(path, folder) for path in alive] if bundled() else alive
        session.query(failure).filter(failure.filename.notin_(named)).delete(synchronize_session=False)
    return gone, orphans


def hide(row: Any, session: Any) -> None:
    """Take a DAG out of sight; from release 3 on its versions stay, which its runs refer to."""
    if bundled():
        row.is_stale = True
        return
    from airflow.models.serialized_dag import SerializedDagModel  # noqa: PLC0415

    row.is_active = False
    SerializedDagModel.remove_dag(row.dag_id, session=session)


def forget_code(folder: str, alive: list[str], session: Any) -> None:
    """Delete what the database holds of files that are gone."""
    from airflow.models.dagcode import DagCode  # noqa: PLC0415
    from airflow.models.serialized_dag import SerializedDagModel  # noqa: PLC0415

    # Since release 2.6.
    takes_folder = "processor_subdir" in inspect.signature(DagCode.remove_deleted_code).parameters
    SerializedDagModel.remove_deleted_dags(alive, processor_subdir=folder, session=session)
    DagCode.remove_deleted_code(alive, session=session, **({"processor_subdir": folder} if takes_folder else {}))


def delete_history(dag_ids: list[str]) -> dict[str, str]:
    """Delete all that the database holds of some DAGs, as ``airflow dags delete`` does.

    :param dag_ids: DAGs whose files are gone
    :returns: why it stays, by id, such as tasks that are still running
    """
    from airflow.api.common.delete_dag import delete_dag  # noqa: PLC0415

    refused = {}
    for dag_id in dag_ids:
        try:
            delete_dag(dag_id)
        except Exception as error:  # noqa: BLE001 - whatever it is, a person can delete it later
            refused[dag_id] = str(error) or type(error).__name__
    return refused
