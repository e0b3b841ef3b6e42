"""What is wrong with a list of users: as far as the list alone can tell, and beside what Airflow holds.

Used by the module airflow_users, and by the filters of role airflow_objects before anything is changed.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from ansible_collections.ansible_airflow.airflow.plugins.module_utils import airflow_listed

Entry = Mapping[str, Any]

# Widths of the columns in Airflow's database.
LONGEST = {"username": 256, "email": 256, "firstname": 64, "lastname": 64}

# The role that may manage users.
ADMIN = "Admin"


def problems(where: str, entries: Sequence[Entry]) -> list[str]:
    """Return what is wrong with a list of users, a sentence each, without passwords.

    :param where: name of the variable or option, for the sentences
    :param entries: dicts with ``username``, ``state`` and the other keys
    """
    sentences = airflow_listed.problems(where, entries, "username", _entry_problems)
    sentences += [
        f"{where}: {names} are the same user, as case makes no other one; keep one entry."
        for names in _alike((str(entry["username"]).lower(), entry) for entry in entries).values()
    ]
    emails = ((str(entry.get("email") or ""), entry) for entry in entries if entry.get("state", "present") == "present")
    sentences += [
        f"{where}: email {email!r} is listed for {names}; give each user one of their own."
        for email, names in _alike(emails).items()
        if email
    ]
    return sentences


def _alike(values: Iterable[tuple[str, Entry]]) -> dict[str, str]:
    """Return the names of users in words, by a value that several of them have."""
    names: dict[str, list[str]] = {}
    for value, entry in values:
        names.setdefault(value, []).append(repr(str(entry["username"])))
    return {value: " and ".join(dict.fromkeys(found)) for value, found in names.items() if len(set(found)) > 1}


def _entry_problems(entry: Entry) -> list[str]:
    if not str(entry["username"]):
        return ["username is empty; write the name that the user logs in with."]
    if entry.get("state", "present") == "absent":
        # Whatever else it says: to change only the state is the natural way to remove a user.
        return []
    texts = [] if entry.get("roles") else ["roles is missing; write at least one, such as [Viewer]."]
    for name, longest in LONGEST.items():
        if len(str(entry.get(name) or "")) > longest:
            texts.append(f"{name} is longer than the {longest} characters that Airflow stores; shorten it.")
    if entry.get("email") and not re.fullmatch(r"[^@\s]+@[^@\s]+", str(entry["email"])):
        texts.append("email is no mail address; write one such as jane@example.com.")
    return texts + airflow_listed.zeros(entry, LONGEST) + _password_problems(entry)


def _password_problems(entry: Entry) -> list[str]:
    texts = []
    password = entry.get("password")
    always = entry.get("update_password", "on_create") == "always"
    if password is not None and not str(password):
        texts.append("password is empty; write one, or remove the key to leave an existing user's as it is.")
    if re.search(r"[\r\n]", str(password or "")):
        texts.append("password holds a line break, which no login form takes; remove it.")
    if always and password is None:
        texts.append("update_password always needs a password; write one, or remove update_password.")
    if always and entry.get("create_only"):
        texts.append("create_only leaves an existing user alone, update_password always does not; remove one of them.")
    return texts


def refusals(where: str, entries: Sequence[Entry], wanted: Mapping[str, Entry], report: Mapping[str, Any]) -> list[str]:
    """Return why Airflow cannot have a list of users, a sentence each, without passwords.

    :param where: name of the option, for the sentences
    :param entries: the list, also of those that shall not exist
    :param wanted: fields of the wanted users by name
    :param report: Airflow's ``objects``, users by name, and names of its ``roles``
    """
    found = report["objects"]
    spelled = {name.lower(): name for name in found}
    sentences = []
    for entry in entries:
        name = entry["username"]
        known_as = spelled.get(name.lower(), name)
        if known_as != name:
            texts = [f"Airflow knows this user as {known_as!r}, and case makes no other one; write the name like this."]
        else:
            texts = _missing(entry, found) + _conflicts(name, wanted.get(name), report)
        sentences += [f"{where}, {name!r}: {text}" for text in texts]
    return sentences + _last_admin(where, entries, wanted, found)


def _missing(entry: Entry, found: Mapping[str, Entry]) -> list[str]:
    if entry["state"] == "absent" or entry["username"] in found:
        return []
    return [
        f"the user does not exist yet, and a new one needs {field}; write {example}."
        for field, example in (("email", "one"), ("password", "one, from a vault variable"))
        if not entry[field]
    ]


def _conflicts(name: str, fields: Entry | None, report: Mapping[str, Any]) -> list[str]:
    if fields is None:
        return []
    texts = [
        f"role {role!r} does not exist; write one of {', '.join(report['roles'])}, or make it in the web UI first."
        for role in fields["roles"]
        if role not in report["roles"]
    ]
    owners = [other for other, there in report["objects"].items() if there["email"] == fields["email"]]
    texts += [
        f"email {fields['email']!r} is that of Airflow's user {owner!r}; write another one, or delete or change that "
        "user in a run before."
        for owner in owners
        if owner != name
    ]
    return texts


def _last_admin(
    where: str, entries: Sequence[Entry], wanted: Mapping[str, Entry], found: Mapping[str, Entry]
) -> list[str]:
    """Refuse to leave an Airflow without anybody who may manage its users."""
    absent = {entry["username"] for entry in entries if entry["state"] == "absent"}
    active = {name for name, fields in found.items() if fields["active"]} | (set(wanted) - set(found))
    before = [name for name, fields in found.items() if name in active and ADMIN in fields["roles"]]
    after = [
        name for name, fields in {**found, **wanted}.items() if name in active - absent and ADMIN in fields["roles"]
    ]
    if after or not before:
        return []
    return [
        f"{where}: {', '.join(map(repr, before))} would be deleted or lose the role {ADMIN}, which no other active "
        "user has; list another one with it."
    ]
