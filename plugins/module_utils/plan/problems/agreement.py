"""Variables that have one value in a stack. The roles use that of one host, or each host uses its own for one thing."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from ansible_collections.ansible_airflow.airflow.plugins.module_utils.findings.finding import Finding
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.findings.values import typed
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.plan.problems.secrets import SECRETS

OBJECTS = ("connections", "pools", "roles", "users", "variables")
# Variables, and the hosts that use them: all hosts, hosts that seed objects, or hosts that run Airflow and get DAGs.
SHARED = {
    **dict.fromkeys(("airflow_version", "airflow_tls", "airflow_secrets_directory"), "all"),
    **dict.fromkeys(("airflow_postgres_databases", "airflow_postgres_external", "airflow_redis_external"), "all"),
    **dict.fromkeys(("airflow_backup_repository", "airflow_backup_enabled", "airflow_backup_schedule"), "all"),
    "airflow_backup_time": "all",
    # Connections name files below it, and tasks run on any worker.
    "airflow_directory": "airflow",
    **dict.fromkeys(SECRETS, "all"),
    **dict.fromkeys((f"airflow_{kind}" for kind in OBJECTS), "seeding"),
    **{f"airflow_{kind}_purge": "seeding" for kind in OBJECTS if kind != "users"},
    **{f"airflow_{kind}_purge_exclude": "seeding" for kind in OBJECTS if kind != "users"},
    **dict.fromkeys(("airflow_admin_email", "airflow_admin_username"), "seeding"),
    "airflow_connections_allow_unknown_types": "seeding",
    **dict.fromkeys(("airflow_dags_git", "airflow_dags_source", "airflow_plugins_source"), "airflow"),
    **dict.fromkeys(("airflow_dags_check_skip", "airflow_dags_mount_prefixes"), "airflow"),
}
# Defaults that the argument spec has as templates, by the number of hosts.
DEFAULTS: Mapping[str, Callable[[int], Any]] = {"airflow_tls": lambda hosts: hosts > 1}
ADVICE = "write it for all hosts at once, in group_vars/airflow.yml or group_vars/all.yml."

# For each variable that a host sets: ``values``, a number by host for the value that it has, set or by default;
# ``set``, the hosts that set it; and ``changes``, the hosts for which a secret has another value each time.
Settings = Mapping[str, Mapping[str, Any]]


def settings(
    hosts: Mapping[str, Mapping[str, Any]], spec: Mapping[str, Any], changing: Mapping[str, Sequence[str]] | None = None
) -> dict[str, dict[str, Any]]:
    """Return which hosts have the same value of a shared variable, without the values, which can be secret.

    Args:
        hosts: Values of the variables in `SHARED` that the inventory sets, by host and name; None for one that Ansible
            cannot render.
        spec: The ``options`` of role airflow, with types and defaults.
        changing: Names of the variables that have another value each time, such as a generated password, by host.
    """
    changed = {host: (changing or {}).get(host, ()) for host in hosts}
    fixed = {
        host: {name: value for name, value in said.items() if value is not None and name not in changed[host]}
        for host, said in hosts.items()
    }
    found: dict[str, dict[str, Any]] = {}
    for name in (name for name in SHARED if any(name in values for values in hosts.values())):
        # Only objects may change: their values of one moment are used.
        changes = [host for host in hosts if name in changed[host] and name in SECRETS]
        default = DEFAULTS[name](len(hosts)) if name in DEFAULTS else spec.get(name, {}).get("default")
        texts = {host: _text(name, values.get(name, default), spec) for host, values in fixed.items()}
        known = list(dict.fromkeys(texts.values()))
        found[name] = {
            "values": {host: known.index(text) for host, text in texts.items()},
            "set": [host for host, values in fixed.items() if name in values],
            "changes": changes,
        }
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
        "airflow": list(dict.fromkeys(host for group in airflow for host in groups.get(group, []))),
    }


def agreement_problems(host: str, using: Mapping[str, Sequence[str]], said: Settings) -> list[Finding]:
    """Return the shared variables of which most hosts that use them have another value.

    Args:
        host: Inventory name of the host.
        using: What `users` returns.
        said: What `settings` returns.
    """
    problems = []
    for name, entry in said.items():
        if host in entry["changes"]:
            text = (
                "its template gives another value each time, so each run would change the secret; write a fixed one "
                "in a vault, or remove the variable: the stack then generates it once."
            )
            problems.append(Finding("value-changes", name, text))
            continue
        values, by_people = entry["values"], entry["set"]
        hosts = [each for each in using[SHARED[name]] if each in values]
        if host not in hosts:
            continue
        if not by_people:
            continue
        # What only hosts set that do not use it would be ignored.
        others = hosts if set(hosts) & set(by_people) else by_people
        right = max(others, key=lambda each: (_count(values, others, each), each in by_people, -others.index(each)))
        if values[host] == values[right]:
            continue
        if host not in by_people:
            text = f"it is set for {right}, but not here, where it is used"
        elif right not in by_people:
            text = f"it is set here, but not for {right}"
        else:
            text = f"it has another value here than for {right}"
        problems.append(Finding("value-differs", name, f"{text}, and a stack has one value of it; {ADVICE}"))
    return problems


def _count(values: Mapping[str, int], hosts: Sequence[str], host: str) -> int:
    """Return how many hosts have the value of a host."""
    return sum(values[each] == values[host] for each in hosts)


def _text(name: str, value: Any, spec: Mapping[str, Any]) -> str:
    """Return a text that is the same for values that the roles read as the same, such as true and "yes"."""
    found = typed({name: value}, spec)[name]
    if isinstance(found, str) and spec.get(name, {}).get("type") == "str":
        found = found.rstrip("/") or found
    return json.dumps(_plain(found), sort_keys=True, default=str)


def _plain(value: Any) -> Any:
    """Return a value with texts in place of numbers, which entries may have as text as well."""
    if isinstance(value, Mapping):
        return {str(name): _plain(each) for name, each in value.items()}
    if isinstance(value, list):
        return [_plain(each) for each in value]
    return value if value is None or isinstance(value, bool) else str(value)
