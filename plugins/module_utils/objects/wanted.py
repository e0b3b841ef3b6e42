"""Validates and completes the inventory's lists of objects, with the stack's own databases and administrator.

The lists are a dict keyed by kind: the key ``pools``, for example, holds the value of the variable ``airflow_pools``.
A kind that is not given is not touched.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ansible_collections.ansible_airflow.airflow.plugins.module_utils.findings.finding import Finding
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.objects import (
    administrator,
    databases,
    role_problems,
)
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.objects.kind import Entries, Entry, Kind
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.objects.kinds import KINDS

Lists = Mapping[str, Entries]


def listed_kinds(postgres_databases: Sequence[Entry], admin: Entry) -> list[Kind]:
    """Return the kinds with the inventory's additions, in the order of KINDS.

    Args:
        postgres_databases: Value of ``airflow_postgres_databases``, dicts with ``name`` and ``owner``.
        admin: ``username`` and ``email`` of the first administrator.
    """
    more: list[Kind] = [databases.ListedConnectionKind(postgres_databases), administrator.ListedUserKind(admin)]
    return [*{kind.option: kind for kind in (*KINDS, *more)}.values()]


def without_empty(lists: Lists) -> dict[str, Any]:
    """Return the lists without empty texts where no text belongs: a template of an optional value leaves them.

    Args:
        lists: The lists by kind; their entries may have any type.
    """
    options = {kind.option: kind.arguments[kind.option]["options"] for kind in KINDS}
    return {
        kind: [_filled(entry, options[kind]) for entry in entries] if isinstance(entries, list) else entries
        for kind, entries in lists.items()
    }


def _filled(entry: Any, options: Mapping[str, Any]) -> Any:
    if not isinstance(entry, Mapping):
        return entry
    return {key: value for key, value in entry.items() if value != "" or _is_text(options.get(key, {}))}


def _is_text(option: Mapping[str, Any]) -> bool:
    """Return whether an empty text is a value of a field."""
    return option.get("type", "str") in ("str", "raw") and not option.get("choices")


def object_problems(lists: Lists, postgres_databases: Sequence[Entry], admin: Entry) -> list[Finding]:
    """Return the problems of the lists, one finding per problem, without values of secrets.

    Args:
        lists: The lists by kind; their entries may have any type.
        postgres_databases: Value of ``airflow_postgres_databases``, dicts with ``name`` and ``owner``.
        admin: ``username`` and ``email`` of the first administrator.

    Returns:
        The findings of each kind, in the order of KINDS, and then those about roles that users name.
    """
    lists = without_empty(lists)
    problems = [
        problem
        for kind in listed_kinds(postgres_databases, admin)
        if kind.option in lists
        for problem in kind.problems(lists[kind.option], f"airflow_{kind.option}")
    ]
    if {"roles", "users"} <= set(lists):
        problems += role_problems.unknown_roles(lists["users"], lists["roles"], "airflow_users")
    return problems


def secrets_needed(lists: Lists, admin: Entry) -> list[dict[str, str]]:
    """Return which of the stack's secrets the objects need.

    Args:
        lists: The lists by kind, without problems.
        admin: ``username`` and ``email`` of the first administrator.

    Returns:
        Dicts with the ``name`` of the secret, and ``by``, what needs it.
    """
    needed = databases.secrets_needed(lists.get("connections", ()))
    return needed + (administrator.secrets_needed(lists["users"], admin) if "users" in lists else [])


def objects_resolved(lists: Lists, stack: Mapping[str, Any], secrets: Mapping[str, str]) -> dict[str, Entries]:
    """Return the lists in the form that the modules take.

    Args:
        lists: The lists by kind, without problems.
        stack: ``databases``, the value of ``airflow_postgres_databases``; ``admin``, the first administrator's
            ``username`` and ``email``; ``host``, the name of the stack's Postgres in the containers of Airflow and of
            tasks, by default postgres; and ``ca_file``, the path in these containers of the CA certificate for
            Postgres, empty or missing without TLS.
        secrets: The secrets of ``secrets_needed`` by name.
    """
    lists = without_empty(lists)
    result = {**lists}
    if "connections" in lists:
        result["connections"] = databases.resolved(lists["connections"], stack, secrets)
    if "users" in lists:
        result["users"] = administrator.resolved(lists["users"], stack["admin"], secrets)
    return result


def names_wanted(entries: Entries, kind: str) -> list[str]:
    """Return the names of the objects that Airflow will have, even if role airflow_objects has not run yet.

    Args:
        entries: A list of the inventory, such as ``airflow_pools``.
        kind: The kind of its objects, such as ``pools``.
    """
    key = {each.option: each.key for each in KINDS}[kind]
    return [entry[key] for entry in entries if entry.get("state", "present") == "present"]
