"""Checks of the values that role docker writes into daemon.json, by what the engine accepts when it starts."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any
from urllib.parse import urlsplit

from ansible_collections.ansible_airflow.airflow.plugins.module_utils.findings.finding import Finding
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.host.docker_options import (
    is_network,
    name_problem,
    option_problems,
)

LISTS = ("registry_mirrors", "insecure_registries", "options_absent")
# The engine removes a scheme of HTTP itself.
REGISTRY = re.compile(r"(https?://)?([A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?|\[[0-9A-Fa-f:.]+\])(:[0-9]{1,5})?")
SIZE = re.compile(r"([0-9]+(\.[0-9]+)?) ?([kmgtp]?i?b?)", re.IGNORECASE)


def value_problems(inputs: Mapping[str, Any]) -> list[Finding]:
    """Return the values with which the engine would not start.

    Args:
        inputs: Values of the variables ``docker_*``, by name without this prefix; see docker_daemon.own_options.
    """
    if wrong := type_problems(inputs):
        return wrong
    return [
        *_mirror_problems("docker_registry_mirrors", inputs["registry_mirrors"]),
        *_registry_problems("docker_insecure_registries", inputs["insecure_registries"]),
        *_log_problems(inputs["log_max_size"], inputs["log_max_file"]),
        *_option_problems(inputs["daemon_options"]),
        *_absent_problems(inputs["options_absent"]),
    ]


def _option_problems(options: Mapping[str, Any]) -> list[Finding]:
    problems = list(option_problems(options))
    if problems:
        return problems
    place = "docker_daemon_options.{}".format
    return [
        *_mirror_problems(place("registry-mirrors"), options.get("registry-mirrors", [])),
        *_registry_problems(place("insecure-registries"), options.get("insecure-registries", [])),
    ]


def _absent_problems(names: Sequence[Any]) -> Iterator[Finding]:
    # An option that the engine does not know may have been the reason to remove it.
    for number, name in enumerate(map(str, names)):
        if "_" in name and (text := name_problem(name)):
            yield Finding("daemon-option-invalid", f"docker_daemon_options_absent[{number}]", text)


def type_problems(inputs: Mapping[str, Any]) -> list[Finding]:
    """Return the values that are no lists or dicts. Ansible's own check accepts text for both.

    Args:
        inputs: As for `value_problems`.
    """
    lists = [name for name in LISTS if isinstance(inputs[name], str) or not isinstance(inputs[name], Sequence)]
    text = "must be a list, as in [{}]."
    examples = {"registry_mirrors": "https://mirror.example.com", "insecure_registries": "registry.example.com:5000"}
    problems = [
        Finding("type-wrong", f"docker_{_variable(name)}", text.format(examples.get(name, "debug"))) for name in lists
    ]
    if not isinstance(inputs["daemon_options"], Mapping):
        problems.append(
            Finding("type-wrong", "docker_daemon_options", "must be a dict, as in {data-root: /srv/docker}.")
        )
    return problems


def _variable(name: str) -> str:
    return "daemon_options_absent" if name == "options_absent" else name


def _mirror_problems(place: str, mirrors: Sequence[Any]) -> Iterator[Finding]:
    for number, mirror in enumerate(map(str, mirrors)):
        if not _is_mirror(mirror):
            yield Finding(
                "repository-url-invalid",
                f"{place}[{number}]",
                f"{mirror!r} is not the address of a mirror; write https://HOST or https://HOST:PORT, without a user, "
                "a query or a fragment.",
            )


def _is_mirror(text: str) -> bool:
    try:
        url = urlsplit(text)
        _ = url.port
    except ValueError:
        return False
    rest = url.query or url.fragment or "@" in url.netloc or re.search(r"\s", text)
    return bool(url.scheme in ("http", "https") and url.hostname and not rest)


def _registry_problems(place: str, registries: Sequence[Any]) -> Iterator[Finding]:
    for number, registry in enumerate(map(str, registries)):
        if not _is_registry(registry):
            yield Finding(
                "registry-invalid",
                f"{place}[{number}]",
                f"{registry!r} is not a registry; write HOST, HOST:PORT, or a subnet such as 10.0.0.0/8.",
            )


def _is_registry(text: str) -> bool:
    match = REGISTRY.fullmatch(text)
    return is_network(text) or bool(match and int((match[4] or ":1")[1:]) in range(1, 65536))


def _log_problems(size: Any, files: Any) -> Iterator[Finding]:
    match = SIZE.fullmatch(str(size))
    if size and not (match and float(match[1]) > 0):
        yield Finding(
            "daemon-option-invalid",
            "docker_log_max_size",
            f"{str(size)!r} is not a size; write a number with a unit, such as 10m, or leave it empty.",
        )
    if isinstance(files, bool) or not re.fullmatch(r"0*[1-9][0-9]*", str(files)):
        yield Finding(
            "daemon-option-invalid",
            "docker_log_max_file",
            f"{files!r} is not a number of files; write a whole number of 1 or more.",
        )
