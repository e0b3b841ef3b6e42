"""Checks of what people add to Airflow's containers: volumes and names of hosts."""

from __future__ import annotations

import ipaddress
import posixpath
import re
from collections.abc import Mapping, Sequence
from typing import Any

from ansible_collections.ansible_airflow.airflow.plugins.module_utils.findings.finding import Finding

# What the stack mounts itself, or what the image needs there.
TAKEN = (
    "/etc/ssl/certs",
    "/opt/airflow/airflow.cfg",
    "/opt/airflow/config",
    "/opt/airflow/dags",
    "/opt/airflow/health.py",
    "/opt/airflow/logs",
    "/opt/airflow/plugins",
    "/run/secrets",
    "/var/run/secrets",
    "/var/run/docker.sock",
    "/entrypoint",
    "/home/airflow/.local",
)
NAME = r"[A-Za-z0-9]([A-Za-z0-9._-]*[A-Za-z0-9])?"
VOLUMES, HOSTS = "airflow_volumes", "airflow_extra_hosts"


def volume_problems(volumes: Any, directory: str) -> list[Finding]:
    """Return what is wrong with ``airflow_volumes``.

    Args:
        volumes: Texts like ``/srv/data:/data`` or ``/srv/data:/data:ro``.
        directory: Value of ``airflow_directory``, whose CA certificates have the same path in the containers.
    """
    if isinstance(volumes, str) or not isinstance(volumes, Sequence):
        return [Finding("type-wrong", VOLUMES, "must be a list, as in [/srv/data:/data:ro].")]
    problems, seen = [], set()
    for volume in map(str, volumes):
        source, _, rest = volume.partition(":")
        target, _, option = rest.partition(":")
        taken = next((path for path in (*TAKEN, f"{directory}/ca") if _overlap(target, path)), None)
        if not source.startswith("/") or not target.startswith("/") or option not in ("", "ro", "rw"):
            text = (
                f"{volume!r} is not SOURCE:TARGET or SOURCE:TARGET:ro with two absolute paths, the first one on the "
                "host, the second one in the containers."
            )
            problems.append(Finding("volume-invalid", VOLUMES, text))
        elif taken:
            text = f"{volume}: the containers need {taken}; choose another target."
            problems.append(Finding("volume-taken", VOLUMES, text))
        elif posixpath.normpath(target) in seen:
            text = f"{volume}: another volume has this target; choose one of the two."
            problems.append(Finding("volume-duplicate", VOLUMES, text))
        seen.add(posixpath.normpath(target))
    return problems


def _overlap(target: str, path: str) -> bool:
    """Return whether a mount would hide a path, or be in it."""
    one, other = (f"{posixpath.normpath(each)}/" for each in (target, path))
    return one.startswith(other) or other.startswith(one.replace("//", "/"))


def missing_problems(missing: Sequence[str]) -> list[Finding]:
    """Return what is wrong with volumes whose source a host does not have.

    Args:
        missing: The sources.
    """
    return [
        Finding(
            "volume-source-missing",
            "airflow_volumes",
            f"this host has no {path}, and a directory that Docker would create there would be empty. Mount or create "
            "it, or remove the volume.",
        )
        for path in missing
    ]


def extra_host_problems(hosts: Any) -> list[Finding]:
    """Return what is wrong with ``airflow_extra_hosts``.

    Args:
        hosts: Addresses by name.
    """
    if not isinstance(hosts, Mapping):
        text = "must be a dict of addresses by name, as in {warehouse.internal: 10.0.0.7}."
        return [Finding("type-wrong", HOSTS, text)]
    problems = []
    for name, address in hosts.items():
        if not re.fullmatch(NAME, str(name)):
            problems.append(Finding("name-invalid", HOSTS, f"{str(name)!r} is not a host name."))
        elif address != "host-gateway" and not _is_address(str(address)):
            advice = "write one, such as 10.0.0.7, or host-gateway for the host itself."
            text = f"{str(address)!r} is not an address; {advice}"
            problems.append(Finding("address-invalid", f"{HOSTS}.{name}", text))
    return problems


def _is_address(text: str) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True
