"""Validates lists of roles, and the roles that users have. Each sentence begins with its place in the inventory."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from ansible_collections.ansible_airflow.airflow.plugins.module_utils.findings.finding import Finding
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.objects.permission_problems import (
    is_list,
    meant,
    often,
    permission_problems,
    text_problems,
    unknown_keys,
)

# Airflow's own roles.
OWN = ("Admin", "Op", "Public", "User", "Viewer")
EXAMPLE = "Analysts"
KEYS = ("name", "state", "permissions")


def problems(entries: Any, where: str) -> list[Finding]:
    """Return what is wrong with a list of roles.

    Args:
        entries: The list; its parts may have any type.
        where: Name of the variable.
    """
    if not is_list(entries):
        return [Finding("type-wrong", where, "not a list; write a list of roles, each with name and permissions.")]
    found: list[Finding] = []
    for number, entry in enumerate(entries):
        place = f"{where}[{number}]"
        if isinstance(entry, Mapping) and isinstance(entry.get("name"), str):
            found += _role(entry, place)
        else:
            text = f"missing, or not text; write one such as {EXAMPLE}."
            found.append(Finding("object-nameless", f"{place}.name", text))
    names = [entry["name"] for entry in entries if isinstance(entry, Mapping) and isinstance(entry.get("name"), str)]
    return found + [
        Finding("object-twice", where, f"{name!r} is listed {count} times; keep one entry.")
        for name, count in often(names)
    ]


def unknown_roles(users: Any, roles: Any, where: str) -> list[Finding]:
    """Return which roles of users are neither Airflow's own nor listed.

    Args:
        users: Value of ``airflow_users``; its parts may have any type.
        roles: Value of ``airflow_roles``; its parts may have any type.
        where: Name of the variable with the users.
    """
    known = [*OWN, *(role["name"] for role in _present(roles) if isinstance(role.get("name"), str))]
    named = [
        (number, user["roles"])
        for number, user in enumerate(users if is_list(users) else ())
        if _present([user]) and is_list(user.get("roles"))
    ]
    return [
        Finding(
            "user-role-unknown",
            f"{where}[{number}].roles",
            f"{name!r} is neither one of Airflow's own roles ({', '.join(OWN)}) nor a present role of airflow_roles; "
            f"{meant(name, known, 'add it there')}",
        )
        for number, names in named
        for name in names
        if name not in known
    ]


def _present(entries: Any) -> list[Mapping[str, Any]]:
    """Return the entries of a list that are dicts and have state present."""
    listed = entries if is_list(entries) else ()
    return [each for each in listed if isinstance(each, Mapping) and each.get("state", "present") == "present"]


def _role(entry: Mapping[str, Any], place: str) -> Iterator[Finding]:
    yield from unknown_keys(entry, KEYS, place)
    yield from text_problems(entry["name"], "name", f"{place}.name")
    if entry["name"] in OWN:
        text = (
            "is one of Airflow's own roles, whose permissions Airflow writes again when it starts; choose another name."
        )
        yield Finding("role-reserved", f"{place}.name", f"{entry['name']} {text}")
    state = entry.get("state", "present")
    if state not in ("present", "absent"):
        yield Finding("object-state-invalid", f"{place}.state", "must be present or absent.")
    if state == "absent":
        # Ignore other keys: changing only the state is the natural way to remove a role.
        return
    listed: Any = entry.get("permissions")
    if not is_list(listed):
        text = "missing, or not a list; write a list such as [{resource: DAGs, actions: [can_read]}], or [] for none."
        yield Finding("role-permission-invalid", f"{place}.permissions", text)
        return
    for number, permission in enumerate(listed):
        yield from permission_problems(permission, f"{place}.permissions[{number}]")
    resources = [each["resource"] for each in listed if isinstance(each, Mapping) and "resource" in each]
    for name, count in often(list(map(str, resources))):
        text = f"resource {name!r} is listed {count} times; write all of its actions in one entry."
        yield Finding("object-twice", f"{place}.permissions", text)
