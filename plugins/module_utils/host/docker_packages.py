"""Checks of the engine's packages: their source, the host's distribution, and what is already installed."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from ansible_collections.ansible_airflow.airflow.plugins.module_utils.findings.finding import Finding

Problems = list[Finding]
SOURCES = {"distribution": "docker", "docker": "distribution"}
# Packages that hold an engine.
ENGINES = ("docker.io", "docker-ce")
VARIABLE = "docker_package_source"


def package_problems(
    source: str, release: str, table: Mapping[str, Mapping[str, Any]], gaps: Mapping[str, str]
) -> Problems:
    """Return what is wrong with the source of the packages on this release of a distribution.

    Args:
        source: Value of ``docker_package_source``.
        release: Distribution and release, such as ``Debian 13``.
        table: Packages by source and release.
        gaps: Releases whose own packages do not suffice, with the reason.
    """
    if release in table[source]:
        return []
    if release in gaps and release in table["docker"]:
        text = f"{release} {gaps[release]}; write docker_package_source: docker."
        return [Finding("package-source-insufficient", VARIABLE, text)]
    known = "; ".join(f"{', '.join(rows)} with docker_package_source: {name}" for name, rows in table.items())
    text = f"{release} is not supported with {source}; supported: {known}."
    return [Finding("distribution-unsupported", VARIABLE, text)]


def engine_problems(source: str, engine: str, installed: Mapping[str, str]) -> Problems:
    """Refuse to replace an engine from another source: apt would remove it and stop every container.

    Args:
        source: Value of ``docker_package_source``.
        engine: The package that contains this source's engine.
        installed: Packages on the host with their versions.
    """
    others = [name for name in ENGINES if name in installed and name != engine]
    if not others:
        return []
    text = (
        f"the engine on this host is {others[0]}, and installing {engine} would remove it; write "
        f"docker_package_source: {SOURCES[source]}, or remove {others[0]} yourself first."
    )
    return [Finding("engine-source-differs", VARIABLE, text)]


def version_problems(
    source: str, packages: Sequence[str], installed: Mapping[str, str], minimum: Mapping[str, str]
) -> Problems:
    """Refuse an installed engine or compose that is too old, because the role does not upgrade installed packages.

    Args:
        source: Value of ``docker_package_source``.
        packages: Names of this source's packages.
        installed: Packages on the host with their versions.
        minimum: Minimum versions by package.
    """
    instead = ", or write docker_package_source: docker" if source == "distribution" else ""
    return [
        Finding(
            "package-old",
            VARIABLE,
            f"{name} {installed[name]} on this host is older than {minimum[name]}, which the stack's health checks "
            f"require; upgrade it on the host (apt-get install --only-upgrade {name}){instead}.",
        )
        for name in packages
        if name in minimum and name in installed and _numbers(installed[name]) < _numbers(minimum[name])
    ]


def _numbers(version: str) -> tuple[int, ...]:
    """Return the first two numbers of a package's version, without the epoch: ``5:26.1.5+dfsg1-9`` is (26, 1)."""
    return tuple(int(number) for number in re.findall(r"\d+", version.rpartition(":")[2])[:2])
