"""What is wrong with the release, and with the images that it needs."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from ansible_collections.ansible_airflow.airflow.plugins.module_utils.plan.options import numbers


def version_problems(version: str, releases: Mapping[str, Mapping[str, Any]]) -> list[str]:
    """Return what is wrong with ``airflow_version``.

    :param version: the release that the inventory asks for, such as ``2.5.3``
    :param releases: the release table; its rows name the accepted ``versions``
    :returns: one sentence a problem, none if the release is in the table
    """
    known = [v for row in releases.values() for v in row["versions"]]
    if version in known:
        return []
    return [f"airflow_version: {version!r} is not a supported release; write one of {', '.join(known)}."]


def change_problems(version: str, deployed: str) -> list[str]:
    """Return why a stack cannot go from the release that its database belongs to, to another one.

    Within a series a higher release is fine. What is higher than that changes the database for good.

    :param version: value of ``airflow_version``, a release of the table
    :param deployed: the release that the database was brought to; empty if there is none
    """
    if not deployed or version == deployed:
        return []
    stay = f"write {deployed} again, and see docs/releases.md."
    if numbers(version) < numbers(deployed):
        return [f"airflow_version: the database belongs to {deployed} and cannot go back to {version}; {stay}"]
    if numbers(version)[:2] != numbers(deployed)[:2]:
        return [
            f"airflow_version: the database belongs to {deployed}. Going to {version} changes it for good, which "
            f"site.yml does not do by itself; {stay}"
        ]
    return []


def image_problems(image: str, version: str) -> list[str]:
    """Return what is wrong with ``airflow_image``: only the plain image of the release is accepted.

    :param image: image reference, with or without a registry's name
    :param version: value of ``airflow_version``
    """
    wanted = f"write apache/airflow:{version}, with a registry's name before it if need be."
    name, _, tag = image.rpartition(":")
    if not re.fullmatch(r"([^/\s]+/)*apache/airflow", name):
        return [f"airflow_image: {image!r} is not the Airflow image; {wanted}"]
    if tag.startswith("slim-"):
        return [f"airflow_image: {image!r} is a slim image, which lacks the providers that DAGs use; {wanted}"]
    if "-python" in tag:
        return [f"airflow_image: {image!r} is a variant by Python release; only the plain image is tested; {wanted}"]
    if tag != version:
        return [f"airflow_image: {image!r} contradicts airflow_version {version}; {wanted}"]
    return []


def postgres_problems(image: str, majors: Sequence[str]) -> list[str]:
    """Return what is wrong with ``airflow_postgres_image``.

    :param image: image reference of Postgres
    :param majors: major releases that the Airflow release is tested on
    """
    match = re.search(r":(\d+)[^/:]*$", image)
    if match and match[1] in majors:
        return []
    return [
        f"airflow_postgres_image: {image!r} must name a major release out of {', '.join(majors)}, as in postgres:15."
    ]
