"""Checks of the release and of the images that it needs."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from ansible_collections.ansible_airflow.airflow.plugins.module_utils.findings.finding import Finding
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.plan.options import numbers
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.plan.revisions import head, introduced, is_later


def version_problems(version: str, releases: Mapping[str, Mapping[str, Any]]) -> list[Finding]:
    """Return what is wrong with ``airflow_version``.

    Args:
        version: The release that the inventory asks for, such as ``2.5.3``.
        releases: The release table, whose rows list the accepted ``versions``.

    Returns:
        One sentence per problem; none if the release is in the table.
    """
    known = [v for row in releases.values() for v in row["versions"]]
    if version in known:
        return []
    return [
        Finding(
            "release-unknown",
            "airflow_version",
            f"{version!r} is not a supported release; write one of {', '.join(known)}.",
        )
    ]


def ended_problems(version: str, end_of_life: str, today: str) -> list[Finding]:
    """Return whether a release gets no more fixes.

    Args:
        version: Value of ``airflow_version``.
        end_of_life: The date of its series, such as ``2026-04-22``; empty if none is known.
        today: The date, in the same form.
    """
    if not end_of_life or today <= end_of_life:
        return []
    text = f"Airflow {version} reached its end of life on {end_of_life}; docs/releases.md lists the other releases."
    return [Finding("release-ended", "airflow_version", text)]


def change_problems(
    revision: str, version: str, schemas: Mapping[str, Sequence[str]], within_series: bool = False
) -> list[Finding]:
    """Return why a stack cannot change from the release of its database to another one.

    Releases of one schema can be exchanged for each other. Another one migrates the database irreversibly, or cannot
    read it.

    Args:
        revision: Revision of the database; empty if there is none.
        version: Value of ``airflow_version``.
        schemas: Accepted releases by the revision of their schema.
        within_series: Whether a migration within the series is right: an external server has no other way.
    """
    if not revision or revision == head(version):
        return []
    if problems := unreadable(revision, version, schemas):
        return problems
    if within_series and numbers(version)[:2] == numbers(introduced(revision))[:2]:
        return []
    found, stay = _described(revision, schemas)
    return [
        Finding(
            "release-needs-upgrade",
            "airflow_version",
            f"{found}. An upgrade to {version} migrates the database, so site.yml does not do it on its own: run "
            f"playbooks/upgrade_airflow.yml, which can go back if it fails. Otherwise {stay}",
        )
    ]


def unreadable(revision: str, version: str, schemas: Mapping[str, Sequence[str]]) -> list[Finding]:
    """Return why a release can neither read nor migrate a database.

    Args:
        revision: Revision of the database.
        version: The release.
        schemas: Accepted releases by the revision of their schema.
    """
    found, stay = _described(revision, schemas)
    if not introduced(revision):
        text = (
            f"{found}, which no release of Airflow that this project knows has. Deploy with the version of this "
            "project that deployed the stack last; docs/releases.md lists the releases."
        )
        return [Finding("schema-unknown", "airflow_version", text)]
    if revision != head(version) and is_later(revision, head(version)):
        text = f"{found}. {version} cannot read it, and a database cannot be downgraded; {stay}"
        return [Finding("release-too-old", "airflow_version", text)]
    return []


def _described(revision: str, schemas: Mapping[str, Sequence[str]]) -> tuple[str, str]:
    """Return which schema a database has, and the advice to stay with it."""
    found, first, same = f"the database has the schema revision {revision}", introduced(revision), []
    if first:
        same = list(schemas.get(revision, []))
        found += f" of Airflow {same[-1]}" if same else f", which Airflow {first} introduced"
    return found, f"write {' or '.join(same)}, and see docs/releases.md." if same else "see docs/releases.md."


def image_problems(image: str, version: str) -> list[Finding]:
    """Return what is wrong with ``airflow_image``; only the plain image of the release is accepted.

    Args:
        image: Image reference, with or without a registry.
        version: Value of ``airflow_version``.
    """
    wanted = f"write apache/airflow:{version}, with a registry before it if needed."
    name, _, tag = image.rpartition(":")
    if not re.fullmatch(r"([^/\s]+/)*apache/airflow", name):
        kind, text = "image-foreign", "is not the Airflow image"
    elif tag.startswith("slim-"):
        kind, text = "image-slim", "is a slim image, which lacks the providers that DAGs use"
    elif "-python" in tag:
        kind, text = "image-not-plain", "is the variant for one Python version; only the plain image is tested"
    elif tag != version:
        kind, text = "image-other-release", f"contradicts airflow_version {version}"
    else:
        return []
    return [Finding(kind, "airflow_image", f"{image!r} {text}; {wanted}")]


def postgres_major(image: str) -> str:
    """Return the major version in the tag of an image of Postgres; an empty string without one."""
    match = re.search(r":(\d+)[^/:]*$", image)
    return match[1] if match else ""


def postgres_problems(image: str, majors: Sequence[str]) -> list[Finding]:
    """Return what is wrong with ``airflow_postgres_image``.

    Args:
        image: Image reference of Postgres.
        majors: Major versions that the Airflow release is tested with.
    """
    if postgres_major(image) in majors:
        return []
    text = f"{image!r} must have a tag of one of the major versions {', '.join(majors)}, as in postgres:15."
    return [Finding("postgres-image-major", "airflow_postgres_image", text)]
