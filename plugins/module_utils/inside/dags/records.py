"""Finds and hides DAGs in Airflow's database, and deletes their history."""

from __future__ import annotations

import os
from typing import Any

from ..compat import accepts, existing_dags, find, has_bundles


def known_files() -> set[str]:
    """Return the files in which Airflow has found DAGs, now or before."""
    from airflow.models import DagModel  # noqa: PLC0415 - only the container has Airflow
    from airflow.utils.session import create_session  # noqa: PLC0415

    with create_session() as session:
        return {path for (path,) in session.query(DagModel.fileloc)}


def forget(folder: str, alive: list[str], parsed: set[str], dag_ids: set[str]) -> tuple[list[str], list[str]]:
    """Hide DAGs whose file is gone, and DAGs that their file, read without error, no longer defines.

    Their runs and logs are kept: a DAG that returns keeps its history.

    Args:
        folder: The DAGs folder.
        alive: The existing files.
        parsed: The files that were read without error.
        dag_ids: The ids of the DAGs in these parsed files.

    Returns:
        The ids of all hidden DAGs, and of the hidden DAGs whose file is gone.
    """
    from airflow.models import DagModel  # noqa: PLC0415
    from airflow.utils.file import correct_maybe_zipped  # noqa: PLC0415
    from airflow.utils.session import create_session  # noqa: PLC0415

    failure = find("ImportError")
    gone, orphans = [], []
    with create_session() as session:
        for row in session.query(DagModel).filter(existing_dags()):
            # The path of a DAG in a zip archive continues below the archive.
            path = correct_maybe_zipped(row.fileloc)
            if path not in alive or (path in parsed and row.dag_id not in dag_ids):
                hide(row, session)
                gone.append(row.dag_id)
                if path not in alive:
                    orphans.append(row.dag_id)
        if not has_bundles():
            forget_code(folder, alive, session)
        named = [os.path.relpath(path, folder) for path in alive] if has_bundles() else alive
        session.query(failure).filter(failure.filename.notin_(named)).delete(synchronize_session=False)
    return gone, orphans


def hide(row: Any, session: Any) -> None:
    """Hide a DAG; from release 3 on its versions are kept, because its runs refer to them."""
    if has_bundles():
        row.is_stale = True
        return
    from airflow.models.serialized_dag import SerializedDagModel  # noqa: PLC0415

    row.is_active = False
    SerializedDagModel.remove_dag(row.dag_id, session=session)


def forget_code(folder: str, alive: list[str], session: Any) -> None:
    """Delete the code and the serialized DAGs of removed files from the database, before release 3."""
    from airflow.models.dagcode import DagCode  # noqa: PLC0415
    from airflow.models.serialized_dag import SerializedDagModel  # noqa: PLC0415

    # This argument exists since release 2.6.
    subdir = {"processor_subdir": folder} if accepts(DagCode.remove_deleted_code, "processor_subdir") else {}
    SerializedDagModel.remove_deleted_dags(alive, processor_subdir=folder, session=session)
    DagCode.remove_deleted_code(alive, session=session, **subdir)


def delete_history(dag_ids: list[str]) -> dict[str, str]:
    """Delete everything about some DAGs from the database, as ``airflow dags delete`` does.

    Args:
        dag_ids: DAGs whose files are gone.

    Returns:
        Reasons why the history of a DAG was kept, by its id, such as tasks that are still running.
    """
    from airflow.api.common.delete_dag import delete_dag  # noqa: PLC0415

    refused = {}
    for dag_id in dag_ids:
        try:
            delete_dag(dag_id)
        except Exception as error:  # noqa: BLE001 - after any error, a person can delete it later
            refused[dag_id] = str(error) or type(error).__name__
    return refused
