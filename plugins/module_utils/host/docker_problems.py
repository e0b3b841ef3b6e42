"""Checks of role docker's inputs, made before anything is changed."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from ansible_collections.ansible_airflow.airflow.plugins.module_utils.host import docker_daemon
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.host.docker_foreign import (
    flag_problems,
    foreign_problems,
)
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.host.sources import find_source

Problems = list[str]
SOURCES = {"distribution": "docker", "docker": "distribution"}
# Packages that hold an engine.
ENGINES = ("docker.io", "docker-ce")


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
        return [f"docker_package_source: {release} {gaps[release]}; write docker_package_source: docker."]
    known = "; ".join(f"{', '.join(rows)} with docker_package_source: {name}" for name, rows in table.items())
    return [f"docker_package_source: {release} is not supported with {source}; supported: {known}."]


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
    return [
        f"docker_package_source: the engine on this host is {others[0]}, and installing {engine} would remove it; "
        f"write docker_package_source: {SOURCES[source]}, or remove {others[0]} yourself first."
    ]


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
        f"docker_package_source: {name} {installed[name]} on this host is older than {minimum[name]}, which the "
        f"stack's health checks require; upgrade it on the host (apt-get install --only-upgrade {name}){instead}."
        for name in packages
        if name in minimum and name in installed and _numbers(installed[name]) < _numbers(minimum[name])
    ]


def _numbers(version: str) -> tuple[int, ...]:
    """Return the first two numbers of a package's version, without the epoch: ``5:26.1.5+dfsg1-9`` is (26, 1)."""
    return tuple(int(number) for number in re.findall(r"\d+", version.rpartition(":")[2])[:2])


def repository_problems(url: str, key: str, inventories: Sequence[str]) -> Problems:
    """Return what is wrong with the address and the key of Docker's repository.

    Args:
        url: Value of ``docker_repository_url``.
        key: Value of ``docker_repository_key``.
        inventories: Inventory sources of the run; relative paths are looked up in their directories.
    """
    problems = []
    if not re.match(r"(https?://|file:/)", url):
        problems.append(
            f"docker_repository_url: {url} is not a URL; write https://HOST/linux, the directory that holds debian/ "
            "and ubuntu/."
        )
    if key and not re.match(r"https?://", key):
        path = find_source(key, inventories)
        if path is None or "BEGIN PGP PUBLIC KEY BLOCK" not in _text(path):
            problems.append(
                f"docker_repository_key: {key} is neither an http(s) URL nor an ASCII-armored public key on the "
                "controller; write one of them, or leave it empty."
            )
    return problems


def daemon_problems(content: str, inputs: Mapping[str, Any]) -> Problems:
    """Return what is wrong with the engine's options, those on the host included.

    Args:
        content: Content of /etc/docker/daemon.json in base64; empty if there is none.
        inputs: As filter docker_daemon takes them.
    """
    try:
        present = docker_daemon.parse(base64.b64decode(content).decode())
    except ValueError as error:
        return [f"/etc/docker/daemon.json: the file on the host is not valid JSON: {error}; repair or remove it."]
    wanted = docker_daemon.parse(docker_daemon.plan(json.dumps(present), inputs)["text"])
    bridge = [
        "/etc/docker/daemon.json: bridge: none leaves image builds without a network; write bridge in "
        "docker_daemon_options_absent to remove it, or another value in docker_daemon_options."
    ]
    both = sorted(set(inputs["options_absent"]) & docker_daemon.own_options(inputs, present).keys())
    return (bridge if wanted.get("bridge") == "none" else []) + [
        f"docker_daemon_options_absent: {key} is also set, by docker_daemon_options or a variable of its own; remove "
        "one of the two."
        for key in both
    ]


def certificate_problems(certificates: Sequence[Mapping[str, Any]], inventories: Sequence[str]) -> Problems:
    """Return what is wrong with ``docker_ca_certificates``.

    Args:
        certificates: Its entries.
        inventories: Inventory sources of the run; relative paths are looked up in their directories.
    """
    problems = []
    names = [str(entry["name"]) for entry in certificates]
    for entry in certificates:
        label = f"docker_ca_certificates: {entry['name']}"
        if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9_.-]*", str(entry["name"])) or str(entry["name"]).endswith(".crt"):
            problems.append(f"{label}: write a name of letters, digits, dots, dashes and underscores, without .crt.")
        if names.count(str(entry["name"])) > 1:
            problems.append(f"{label}: listed twice; give each certificate a unique name.")
        content, src = entry.get("content"), entry.get("src")
        path = find_source(str(src or ""), inventories)
        if (content is None) == (src is None):
            problems.append(f"{label}: write either content or src.")
        elif src is not None and path is None:
            problems.append(f"{label}: src {src} does not exist on the controller; write the path of a PEM file.")
        elif "-----BEGIN CERTIFICATE-----" not in (_text(path) if path else str(content)):
            problems.append(f"{label}: this is not a PEM certificate; it must have a line -----BEGIN CERTIFICATE-----.")
    return list(dict.fromkeys(problems))


def _text(path: Path) -> str:
    return path.read_text(encoding="utf-8", errors="replace") if path.is_file() else ""


def docker_problems(inputs: Mapping[str, Any]) -> Problems:
    """Return every problem of role docker's inputs, each a sentence that says what to write instead.

    Args:
        inputs: ``source``, ``release``, ``table``, ``gaps``, ``installed``, ``minimum``, ``daemon_json``, ``daemon``,
            ``ca_certificates``, ``repository_url``, ``repository_key`` and ``inventories``, as the functions above take
            them; ``paths`` and ``units``, as those of docker_foreign.py do.

    Returns:
        Sentences; an empty list if all is well.
    """
    source, release, table = inputs["source"], inputs["release"], inputs["table"]
    problems = package_problems(source, release, table, inputs["gaps"])
    if not problems:
        row = table[source][release]
        problems += engine_problems(source, row["engine"], inputs["installed"])
        problems += version_problems(source, row["packages"], inputs["installed"], inputs["minimum"])
    problems += repository_problems(inputs["repository_url"], inputs["repository_key"], inputs["inventories"])
    problems += daemon_problems(inputs["daemon_json"], inputs["daemon"])
    problems += foreign_problems(inputs["installed"], inputs["paths"], live_restore=inputs["daemon"]["live_restore"])
    problems += flag_problems(inputs["units"], docker_daemon.own_options(inputs["daemon"], {}))
    return problems + certificate_problems(inputs["ca_certificates"], inputs["inventories"])
