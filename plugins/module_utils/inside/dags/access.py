"""Lets the auth manager judge the ``access_control`` of DAGs, without writing what it grants."""

from __future__ import annotations

import traceback
from collections.abc import Iterable, Mapping
from typing import Any

from ..compat import find
from .errors import error_facts, place_of


def refused_access(
    wanted: Mapping[str, Any], request: dict[str, Any], dags: Iterable[Mapping[str, Any]]
) -> list[dict[str, Any]]:
    """Return what the auth manager says against the ``access_control`` of DAGs, as errors of a report.

    Args:
        wanted: ``access_control`` by DAG.
        request: That of parse.
        dags: The facts about the DAGs of the file.
    """
    errors = []
    for dag_id, access_control in sorted(wanted.items()):
        try:
            check_access(dag_id, access_control)
        except Exception:  # noqa: BLE001 - Airflow makes any exception an import error
            error = error_facts(request["path"], traceback.format_exc(), request["folder"], "access")
            errors.append({**error, **place_of(dag_id, dags)})
    return errors


def check_access(dag_id: str, access_control: Any) -> None:
    """Let FAB's security manager judge what a DAG grants to roles, without writing it.

    Args:
        dag_id: The DAG.
        access_control: What it grants.

    Raises:
        Exception: Airflow refuses it.
    """
    from airflow import settings  # noqa: PLC0415 - only the container has Airflow
    from airflow.configuration import conf  # noqa: PLC0415
    from airflow.utils.session import create_session  # noqa: PLC0415

    # Other auth managers ignore it. Before release 3 there is no other one by default, and no such option at first.
    if not access_control or "Fab" not in conf.get("core", "auth_manager", fallback="Fab"):
        return
    kind = find("ApplessAirflowSecurityManager")
    # What a DAG file has left of its own session, such as a failed transaction.
    settings.Session.remove()
    with create_session() as session:
        manager = kind(session=session)
        for writing in ("create_permission", "add_permission_to_role", "remove_permission_from_role"):
            setattr(manager, writing, lambda *_: None)
        manager.sync_perm_for_dag(dag_id, access_control)
