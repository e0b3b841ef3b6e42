"""Variables that have one value in a stack. The roles use that of one host, or each host uses its own for one thing."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from ansible_collections.ansible_airflow.airflow.plugins.module_utils.findings.finding import Finding
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.plan.problems.secrets import SECRETS

OBJECTS = ("connections", "pools", "roles", "users", "variables")
# Variables, and the hosts that use them: all, those that seed objects, or those that run Airflow and get its DAGs.
SHARED = {
    **dict.fromkeys(("airflow_version", "airflow_tls"), "all"),
    **dict.fromkeys(("airflow_postgres_external", "airflow_redis_external"), "all"),
    **dict.fromkeys(SECRETS, "all"),
    **dict.fromkeys((f"airflow_{kind}" for kind in OBJECTS), "seeding"),
    **{f"airflow_{kind}_purge": "seeding" for kind in OBJECTS if kind != "users"},
    **{f"airflow_{kind}_purge_exclude": "seeding" for kind in OBJECTS if kind != "users"},
    **dict.fromkeys(("airflow_dags_git", "airflow_dags_source", "airflow_plugins_source"), "airflow"),
}
# Variables that are never secret. Their values are compared with the defaults, too.
PLAIN = ("airflow_version", "airflow_tls", "airflow_dags_source", "airflow_plugins_source")

ADVICE = "it for all hosts at once, in group_vars/airflow.yml or group_vars/all.yml."

Settings = Mapping[str, Mapping[str, str]]


def settings(hosts: Mapping[str, Mapping[str, Any]]) -> dict[str, dict[str, str]]:
    """Return which hosts set the same value of a shared variable, without any value that can be secret.

    Args:
        hosts: Values of the variables in `SHARED` that the inventory sets, by host and name.

    Returns:
        By name and host: the value as text if it is in `PLAIN`, otherwise its number among the values that occur.
    """
    found: dict[str, dict[str, str]] = {}
    seen: dict[str, list[str]] = {}
    for host, values in hosts.items():
        for name, value in values.items():
            text, known = _text(value), seen.setdefault(name, [])
            if text not in known:
                known.append(text)
            found.setdefault(name, {})[host] = text if name in PLAIN else str(known.index(text))
    return found


def users(groups: Mapping[str, Sequence[str]], services: Mapping[str, Any]) -> dict[str, list[str]]:
    """Return the hosts that use variables, by a value of `SHARED`.

    Args:
        groups: Ansible's ``groups``.
        services: What `topology.placement` returns.
    """
    airflow = [services["groups"][name] for name in services["airflow_names"] if name in services["groups"]]
    return {
        "all": list(groups.get("airflow", [])),
        "seeding": list(groups.get("airflow_scheduler", [])),
        "airflow": [host for group in airflow for host in groups.get(group, [])],
    }


def agreement_problems(
    inputs: Mapping[str, Any], host: str, using: Mapping[str, Sequence[str]], said: Settings
) -> list[Finding]:
    """Return the shared variables for which another host has another value.

    Args:
        inputs: Values of the host's variables, by name, with defaults.
        host: Inventory name of the host.
        using: What `users` returns.
        said: What `settings` returns.
    """
    hosts = list(using["all"])
    # Of two hosts with different values, the later one has the finding.
    earlier = hosts[: hosts.index(host)] if host in hosts else []
    problems = []
    for name, by_host in said.items():
        if host in by_host:
            others = [other for other in earlier if by_host.get(other, by_host[host]) != by_host[host]]
            text = "the stack has one value of it, but here it is another one than for {}; write"
        elif host not in using[SHARED[name]]:
            continue
        else:
            default = _text(inputs[name]) if name in PLAIN else ""
            others = [other for other in by_host if by_host[other] != default]
            text = "the stack has one value of it, but it is set for {} and not here; write"
        if others:
            problems.append(Finding("value-differs", name, f"{text.format(others[0])} {ADVICE}"))
    return problems


def _text(value: Any) -> str:
    """Return a text that is the same for values that Ansible reads as the same, such as true and "True"."""
    if isinstance(value, (list, Mapping)):
        return json.dumps(value, sort_keys=True, default=str)
    return str(value).lower() if isinstance(value, bool) or str(value) in ("True", "False") else str(value)
