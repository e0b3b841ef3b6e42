"""Checks of role docker's inputs, made before anything is changed."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from ansible_collections.ansible_airflow.airflow.plugins.module_utils.findings.finding import Finding
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.host import docker_daemon
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.host.docker_foreign import (
    flag_problems,
    foreign_problems,
)
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.host.docker_packages import (
    Problems,
    engine_problems,
    package_problems,
    version_problems,
)
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.host.docker_values import (
    value_problems,
)
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.host.sources import find_source

DAEMON_JSON = "/etc/docker/daemon.json"


def repository_problems(url: str, key: str, inventories: Sequence[str]) -> Problems:
    """Return what is wrong with the address and the key of Docker's repository.

    Args:
        url: Value of ``docker_repository_url``.
        key: Value of ``docker_repository_key``.
        inventories: Inventory sources of the run; relative paths are looked up in their directories.
    """
    problems = []
    if not re.fullmatch(r"https?://[^/\s]\S*|file:/\S+", url):
        text = f"{url} is not a URL; write https://HOST/linux, the directory that holds debian/ and ubuntu/."
        problems.append(Finding("repository-url-invalid", "docker_repository_url", text))
    if key and not re.fullmatch(r"https?://[^/\s]\S*", key):
        path = find_source(key, inventories)
        if path is None or "BEGIN PGP PUBLIC KEY BLOCK" not in _text(path):
            text = (
                f"{key} is neither an http(s) URL nor an ASCII-armored public key on the controller; write one of "
                "them, or leave it empty."
            )
            problems.append(Finding("repository-key-invalid", "docker_repository_key", text))
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
        text = f"the file on the host is not valid JSON: {error}; repair or remove it."
        return [Finding("daemon-json-invalid", DAEMON_JSON, text)]
    wanted = docker_daemon.parse(docker_daemon.plan(json.dumps(present), inputs)["text"])
    text = (
        "bridge: none leaves image builds without a network; write bridge in docker_daemon_options_absent to remove "
        "it, or another value in docker_daemon_options."
    )
    bridge = [Finding("bridge-missing", DAEMON_JSON, text)] if wanted.get("bridge") == "none" else []
    both = sorted(set(inputs["options_absent"]) & docker_daemon.own_options(inputs, present).keys())
    return bridge + [
        Finding(
            "daemon-option-contradictory",
            "docker_daemon_options_absent",
            f"{key} is also set, by docker_daemon_options or a variable of its own; remove one of the two.",
        )
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
    for name, entry in zip(names, certificates, strict=True):
        place = f"docker_ca_certificates: {name}"
        if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9_.-]*", name) or name.endswith(".crt"):
            text = "write a name of letters, digits, dots, dashes and underscores, without .crt."
            problems.append(Finding("certificate-name-invalid", place, text))
        if names.count(name) > 1:
            problems.append(Finding("certificate-twice", place, "listed twice; give each certificate a unique name."))
        problems += _content_problems(place, entry, inventories)
    return list(dict.fromkeys(problems))


def _content_problems(place: str, entry: Mapping[str, Any], inventories: Sequence[str]) -> Problems:
    content, src = entry.get("content"), entry.get("src")
    path = find_source(str(src or ""), inventories)
    if (content is None) == (src is None):
        return [Finding("certificate-source-unclear", place, "write either content or src.")]
    if src is not None and path is None:
        text = f"src {src} does not exist on the controller; write the path of a PEM file."
        return [Finding("certificate-missing", place, text)]
    if "-----BEGIN CERTIFICATE-----" not in (_text(path) if path else str(content)):
        text = "this is not a PEM certificate; it must have a line -----BEGIN CERTIFICATE-----."
        return [Finding("certificate-not-pem", place, text)]
    return []


def _text(path: Path) -> str:
    return path.read_text(encoding="utf-8", errors="replace") if path.is_file() else ""


def docker_problems(inputs: Mapping[str, Any]) -> Problems:
    """Return every problem of role docker's inputs that the controller can see, each with what to write instead.

    Args:
        inputs: ``repository_url``, ``repository_key``, ``daemon``, ``ca_certificates`` and ``inventories``, as the
            functions above take them.

    Returns:
        Findings; an empty list if all is well.
    """
    return [
        *repository_problems(inputs["repository_url"], inputs["repository_key"], inputs["inventories"]),
        *value_problems(inputs["daemon"]),
        *certificate_problems(inputs["ca_certificates"], inputs["inventories"]),
    ]


def docker_host_problems(inputs: Mapping[str, Any]) -> Problems:
    """Return what speaks against the inputs on a host.

    Args:
        inputs: ``source``, ``release``, ``table``, ``gaps``, ``installed``, ``minimum``, ``daemon_json`` and
            ``daemon``, as the functions above and those of docker_packages.py take them; ``paths`` and ``units``, as
            those of docker_foreign.py do.

    Returns:
        Findings; an empty list if all is well.
    """
    source, release, table = inputs["source"], inputs["release"], inputs["table"]
    problems = package_problems(source, release, table, inputs["gaps"])
    if not problems:
        row = table[source][release]
        problems += engine_problems(source, row["engine"], inputs["installed"])
        problems += version_problems(source, row["packages"], inputs["installed"], inputs["minimum"])
    problems += foreign_problems(inputs["installed"], inputs["paths"], live_restore=inputs["daemon"]["live_restore"])
    problems += daemon_problems(inputs["daemon_json"], inputs["daemon"])
    return problems + flag_problems(inputs["units"], docker_daemon.own_options(inputs["daemon"], {}))
