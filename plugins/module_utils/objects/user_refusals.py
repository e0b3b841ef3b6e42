"""Checks a list of users against the users and roles that an Airflow has."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ansible_collections.ansible_airflow.airflow.plugins.module_utils.objects.kind import Entries, Entry, Fields

# The role that may manage users.
ADMIN = "Admin"


def refusals(entries: Entries, wanted: Mapping[str, Fields], report: Mapping[str, Any]) -> list[str]:
    """Return why a list of users cannot be applied to this Airflow, a sentence for each problem, without passwords.

    Args:
        entries: The list, including users with state absent.
        wanted: Fields of the wanted users by name.
        report: Airflow's ``objects``, users by name, and names of its ``roles``.
    """
    found = report["objects"]
    spelled = {name.lower(): name for name in found}
    sentences = []
    for entry in entries:
        name = entry["username"]
        known_as = spelled.get(name.lower(), name)
        if known_as != name:
            texts = [f"Airflow knows this user as {known_as!r}: user names are case-insensitive; write it like this."]
        else:
            texts = _missing(entry, found) + (_conflicts(name, wanted[name], report) if name in wanted else [])
        sentences += [f"users, {name!r}: {text}" for text in texts]
    return sentences + _last_admin(entries, wanted, found)


def _missing(entry: Entry, found: Mapping[str, Fields]) -> list[str]:
    if entry["state"] == "absent" or entry["username"] in found:
        return []
    return [
        f"the user does not exist yet, and a new one needs {field}; write {example}."
        for field, example in (("email", "one"), ("password", "one, from a vault variable"))
        if not entry[field]
    ]


def _conflicts(name: str, fields: Fields, report: Mapping[str, Any]) -> list[str]:
    sentences = [
        f"role {role!r} does not exist; write one of {', '.join(report['roles'])}, or create it first."
        for role in fields["roles"]
        if role not in report["roles"]
    ]
    owners = [other for other, there in report["objects"].items() if there["email"] == fields["email"]]
    sentences += [
        f"email {fields['email']!r} already belongs to Airflow's user {owner!r}; write another one, or delete or "
        "change that user in an earlier run."
        for owner in owners
        if owner != name
    ]
    return sentences


def _last_admin(entries: Entries, wanted: Mapping[str, Fields], found: Mapping[str, Fields]) -> list[str]:
    """Refuse to leave an Airflow without an active user who may manage users."""
    absent = {entry["username"] for entry in entries if entry["state"] == "absent"}
    active = {name for name, fields in found.items() if fields["active"]} | (set(wanted) - set(found))
    before = [name for name, fields in found.items() if name in active and ADMIN in fields["roles"]]
    after = [
        name for name, fields in {**found, **wanted}.items() if name in active - absent and ADMIN in fields["roles"]
    ]
    if after or not before:
        return []
    return [
        f"users: {', '.join(map(repr, before))} would be deleted or lose the role {ADMIN}, which no other active "
        "user has; list another user with that role."
    ]
