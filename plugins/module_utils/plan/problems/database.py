"""Checks of the volume that holds Airflow's database on the host of the stack's own Postgres."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ansible_collections.ansible_airflow.airflow.plugins.module_utils.findings.finding import Finding
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.plan.problems.distribution import new_on_alpine
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.plan.problems.release import postgres_major
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.plan.secrets import VOLUME

Found = Mapping[str, Any]

# Name of the file that records that the database was created.
RECORD = "/database_volume"


def database_problems(found: Found, inputs: Mapping[str, Any], restoring: bool) -> list[Finding]:
    """Return what is wrong with the volume of the stack's own Postgres.

    Args:
        found: Result of the module airflow_deployed.
        inputs: ``airflow_postgres_image`` and ``airflow_accept_empty_database``.
        restoring: Whether the run replaces the database by one from a backup, so that it may be missing.
    """
    image = str(inputs["airflow_postgres_image"])
    # What the image really contains is checked when it is on the host.
    if "-alpine" in image and not found["evidence"] and not found["volume"]:
        return [new_on_alpine(image)]
    if not found["engine"]:
        return []
    have = found["volume"].get("postgres", "")
    # An empty volume may be one that Postgres has not filled yet, unless its database is recorded.
    recorded = any(path.endswith(RECORD) for path in found["evidence"])
    if not found["volume"] or (recorded and not have):
        return _lost(found, restoring or inputs["airflow_accept_empty_database"])
    wanted = postgres_major(image)
    if have and wanted and wanted != have:
        upgrade = f", or run playbooks/upgrade_postgres.yml to move to {wanted}" if int(wanted) > int(have) else ""
        text = (
            f"Airflow's database was created by Postgres {have}, which {image} cannot read; write an image of Postgres "
            f"{have}{upgrade}."
        )
        return [Finding("postgres-version-differs", "airflow_postgres_image", text)]
    return []


def _lost(found: Found, accepted: bool) -> list[Finding]:
    """Return whether the volume without data had a database.

    Args:
        found: Result of the module airflow_deployed.
        accepted: Whether the run may start with an empty database.
    """
    if half := found["new_volume"].get("postgres", ""):
        text = (
            f"an upgrade to Postgres {half} was interrupted while it exchanged the volumes. Write an image of "
            f"Postgres {half}, and run playbooks/upgrade_postgres.yml again."
        )
        return [Finding("postgres-upgrade-interrupted", "", text)]
    servers = [entry["name"] for entry in found["containers"] if entry["ours"] and entry["service"] == "postgres"]
    signs = found["evidence"] + [f"container {name}" for name in servers]
    if not signs or accepted:
        return []
    text = (
        f"Airflow's database was on this host ({', '.join(signs)}), but Docker has no volume {VOLUME} with it. Is the "
        "disk with Docker's data directory mounted, and data-root in daemon.json unchanged? Otherwise the database is "
        "lost: restore a backup by playbooks/restore_airflow.yml, or start with an empty database by "
        "-e airflow_accept_empty_database=true."
    )
    return [Finding("database-lost", "", text)]
