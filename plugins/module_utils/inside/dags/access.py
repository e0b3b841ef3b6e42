"""Validates the ``access_control`` of DAGs with the auth manager, without writing permissions."""

from __future__ import annotations

import traceback
from collections.abc import Iterable, Mapping
from typing import Any

from ..compat import find
from .errors import error_facts, place_of


def refused_access(
    wanted: Mapping[str, Any], request: dict[str, Any], dags: Iterable[Mapping[str, Any]]
) -> list[dict[str, Any]]:
    """Return the auth manager's objections to the ``access_control`` of DAGs, as errors of a report.

    Args:
        wanted: ``access_control`` by DAG.
        request: The request of parse.
        dags: The facts about the DAGs of the file.
    """
    errors = []
    for dag_id, access_control in sorted(wanted.items()):
        try:
            check_access(dag_id, access_control)
        except Exception:  # noqa: BLE001 - Airflow reports any exception as an import error
            error = error_facts(request["path"], traceback.format_exc(), request["folder"], "access")
            errors.append({**error, **place_of(dag_id, dags)})
    return errors


def check_access(dag_id: str, access_control: Any) -> None:
    """Validate what a DAG grants to roles with FAB's security manager, without writing it.

    Args:
        dag_id: The DAG.
        access_control: What it grants.

    Raises:
        Exception: Airflow refuses it.
    """
    from airflow import settings  # noqa: PLC0415 - only the container has Airflow
    from airflow.configuration import conf  # noqa: PLC0415
    from airflow.utils.session import create_session  # noqa: PLC0415

    # Other auth managers ignore it. Before release 3 FAB is the default, and early releases do not have the option.
    if not access_control or "Fab" not in conf.get("core", "auth_manager", fallback="Fab"):
        return
    kind = find("ApplessAirflowSecurityManager")
    # Discard what the DAG file left of its own session, such as a failed transaction.
    settings.Session.remove()
    with create_session() as session:
        manager = kind(session=session)
        for writing in ("create_permission", "add_permission_to_role", "remove_permission_from_role"):
            setattr(manager, writing, lambda *_: None)
        manager.sync_perm_for_dag(dag_id, access_control)
