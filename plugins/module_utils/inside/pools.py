"""Pools, read and written inside an Airflow container.

A pool's fields are those of ``airflow pools export``: slots, description, and include_deferred in the
releases that have it.
"""

from __future__ import annotations

from typing import Any

from .commands import Airflow, check_database_once, once
from .compat import has_deferred_slots


def action_pools_read(airflow: Airflow, _request: dict[str, Any], report: dict[str, Any]) -> None:
    """Report all pools.

    Args:
        airflow: Runs Airflow's commands.
        report: Gets ``objects``, fields by name; and ``include_deferred``, whether this release has that field.
    """
    from airflow.models.pool import Pool  # noqa: PLC0415 - only the container has Airflow

    report["objects"] = exported(airflow)
    report["include_deferred"] = has_deferred_slots(Pool)


def action_pools_write(airflow: Airflow, request: dict[str, Any], report: dict[str, Any]) -> None:
    """Create, replace and delete pools, then report the current state of the ones that exist.

    Args:
        airflow: Runs Airflow's commands.
        request: ``create`` and ``replace``, fields by name; ``delete``, names.
        report: Gets ``done``, names; ``failed``, Airflow's reason by name; ``objects``, fields by name.
    """
    from airflow.cli.commands import pool_command  # noqa: PLC0415

    done = report.setdefault("done", [])
    failed = report.setdefault("failed", {})
    check_database_once()
    # Each command creates its own client, which loads all CA certificates: 10 ms.
    once(pool_command, "get_current_api_client")
    written = {**request["create"], **request["replace"]}
    put(airflow, written, done, failed)
    for name in request["delete"]:
        airflow.attempt(name, failed, delete, airflow, name, done)
    touched = {*written, *request["delete"]}
    report["objects"] = {name: fields for name, fields in exported(airflow).items() if name in touched}


def exported(airflow: Airflow) -> dict[str, dict[str, Any]]:
    """Return all pools, keyed by name."""
    pools: dict[str, dict[str, Any]] = airflow.command_to_file("pools", "export")
    return pools


def put(airflow: Airflow, pools: dict[str, Any], done: list[str], failed: dict[str, str]) -> None:
    """Import all pools in one call; after an error, import them again one by one to find the refused ones.

    Importing a pool again changes nothing: the command creates or updates each pool in a separate transaction.
    """
    if not pools:
        return
    try:
        import_file(airflow, pools, done)
    except (Exception, SystemExit):  # noqa: BLE001 - it occurs again below, with the name of the pool
        for name, fields in pools.items():
            airflow.attempt(name, failed, import_file, airflow, {name: fields}, done)


def import_file(airflow: Airflow, pools: dict[str, Any], done: list[str]) -> None:
    """Run ``pools import``."""
    airflow.command_with_file(pools, "pools", "import")
    done.extend(pools)


def delete(airflow: Airflow, name: str, done: list[str]) -> None:
    """Run ``pools delete``."""
    airflow.command("pools", "delete", "--", name)
    done.append(name)
