"""Checks of the Linux distribution in an image of Postgres."""

from __future__ import annotations

import re

from ansible_collections.ansible_airflow.airflow.plugins.module_utils.findings.finding import Finding

# User id of Postgres in the official images: on Alpine Linux, and on Debian.
ALPINE_UID = 70
NO_DATA = -1


def distribution(os_release: str) -> str:
    """Return the id of a distribution, such as ``debian``, from its file /etc/os-release (os-release(5))."""
    match = re.search(r"^ID=[\"']?([a-z0-9._-]+)", os_release, re.MULTILINE)
    return match[1] if match else ""


def new_on_alpine(image: str) -> Finding:
    """Return why a new database does not start on Alpine Linux."""
    return Finding(
        "postgres-image-alpine",
        "airflow_postgres_image",
        f"{image} contains Alpine Linux, whose Postgres sorts text differently from other systems; write an image that "
        "is based on Debian, such as postgres:15.",
    )


def distribution_problems(image: str, os_release: str, owner: int) -> list[Finding]:
    """Return why an image of Postgres cannot be used, by the distribution that it contains.

    Postgres on Alpine Linux has another user id, and sorts text in another order, which breaks indexes.

    Args:
        image: Value of ``airflow_postgres_image``.
        os_release: Content of /etc/os-release in the image.
        owner: User id of the data in the stack's volume, -1 without data.
    """
    alpine, data_of_alpine = distribution(os_release) == "alpine", owner == ALPINE_UID
    if alpine and owner == NO_DATA:
        return [new_on_alpine(image)]
    if owner == NO_DATA or alpine == data_of_alpine:
        return []
    words = ("Alpine Linux", "another system") if alpine else ("another system", "Alpine Linux")
    return [
        Finding(
            "postgres-distribution-differs",
            "airflow_postgres_image",
            f"{image} contains {words[0]}, but Airflow's database was created by Postgres on {words[1]}, with another "
            "user id and another order of text; write the image that the database was created with.",
        )
    ]
