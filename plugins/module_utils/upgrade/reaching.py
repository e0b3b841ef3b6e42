"""One migration of a database, and whether it reached the revision of its release."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

from ansible_collections.ansible_airflow.airflow.plugins.module_utils.backup import counts
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.containers.docker_command import Docker
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.containers.postgres import Server
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.upgrade.migration import (
    MigrationError,
    Place,
    migrate,
)


def reach(
    docker: Docker,
    container: str,
    server: Server,
    database: str,
    *,
    place: Place,
    step: Mapping[str, Any],
    seconds: float,
) -> float:
    """Run a migration, check the revision that it reached, and return its duration in seconds.

    Args:
        docker: The docker command.
        container: Name for its container.
        server: The server of the database.
        database: Name of the database.
        place: What opens the database.
        step: ``release``, ``image``, ``command``, ``environment`` and ``revision`` of the migration.
        seconds: Time limit.

    Raises:
        MigrationError: It failed, took too long, or ended at another revision.
        PostgresError: The server does not answer.
    """
    began = time.monotonic()
    migrate(docker, container, place, step, seconds)
    if (found := counts.revision(server, database)) != step["revision"]:
        raise MigrationError(
            f"the migration by Airflow {step['release']} ended at revision {found}, not {step['revision']}: is "
            f"{step['image']} this release?"
        )
    return round(time.monotonic() - began, 1)
