"""Airflow's users: argument spec, validation and comparison."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any, ClassVar

from ansible_collections.ansible_airflow.airflow.plugins.module_utils.inside import users as program
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.objects.kind import (
    STATE,
    Entries,
    Entry,
    Fields,
    Kind,
    RefusedError,
    too_long,
    zeros,
)

ALWAYS = "always"
USER = {
    "username": {"type": "str", "required": True},
    "state": STATE,
    "email": {"type": "str"},
    "firstname": {"type": "str"},
    "lastname": {"type": "str"},
    "roles": {"type": "list", "elements": "str"},
    "password": {"type": "str", "no_log": True},
    "update_password": {"type": "str", "choices": ["on_create", ALWAYS], "default": "on_create", "no_log": False},
    "create_only": {"type": "bool", "default": False},
}
# Fields that stay unchanged if they are not listed.
OPTIONAL = ("email", "firstname", "lastname")
# Widths of the columns in Airflow's database.
LONGEST = {"username": 256, "email": 256, "firstname": 64, "lastname": 64}
# The role that may manage users.
ADMIN = "Admin"


class UserKind(Kind):
    """Users."""

    option = "users"
    arguments: ClassVar = {
        "users": {"type": "list", "elements": "dict", "required": True, "no_log": True, "options": USER},
    }
    key = "username"
    example = "jane"
    secret_fields = ("password",)
    program = program

    def list_problems(self, entries: Entries, where: str) -> list[str]:
        """See Kind; also refuse user names that differ only in case, and duplicate emails."""
        sentences = super().list_problems(entries, where)
        sentences += [
            f"{where}: {names} are the same user, because user names are case-insensitive; keep one entry."
            for names in _alike((str(entry["username"]).lower(), entry) for entry in entries).values()
        ]
        present = (entry for entry in entries if entry.get("state", "present") == "present")
        emails = ((str(entry.get("email") or ""), entry) for entry in present)
        sentences += [
            f"{where}: email {email!r} is listed for {names}; give each user a different one."
            for email, names in _alike(emails).items()
            if email
        ]
        return sentences

    def entry_problems(self, entry: Entry) -> list[str]:
        """See Kind."""
        if not str(entry["username"]):
            return ["username is empty; write the name that the user logs in with."]
        if entry.get("state", "present") == "absent":
            # Ignore other keys: changing only the state is the natural way to remove a user.
            return []
        sentences = [] if entry.get("roles") else ["roles is missing; write at least one, such as [Viewer]."]
        sentences += too_long(entry, LONGEST)
        if entry.get("email") and not re.fullmatch(r"[^@\s]+@[^@\s]+", str(entry["email"])):
            sentences.append("email is not an email address; write one such as jane@example.com.")
        return sentences + zeros(entry, LONGEST) + _password_problems(entry)

    def question(self, entries: Entries) -> dict[str, Any]:
        """Ask whether users have their listed passwords: hashes can be compared only inside the container."""
        kept = (entry for entry in entries if entry["update_password"] == ALWAYS)
        return {"passwords": {entry["username"]: entry["password"] for entry in kept}}

    def wanted(
        self, entries: Entries, report: Mapping[str, Any] | None, options: Mapping[str, Any]
    ) -> dict[str, Fields]:
        """Take fields that are not listed from the existing user, or from the defaults of a new user."""
        found = report["objects"] if report else {}
        wanted = {entry["username"]: self._fields(entry, found.get(entry["username"])) for entry in entries}
        if report and (refused := refusals(options[self.option], wanted, report)):
            raise RefusedError(refused)
        return wanted

    def _fields(self, entry: Fields, there: Fields | None) -> Fields:
        if there and entry["create_only"]:
            return self.normal(there)
        name = entry["username"][: LONGEST["firstname"]]
        default = there or {"email": None, "firstname": name, "lastname": name}
        fields = {**{field: entry[field] or default[field] for field in OPTIONAL}, "roles": sorted(set(entry["roles"]))}
        if not there or entry["update_password"] == ALWAYS:
            fields["password"] = entry["password"]
        return fields

    def normal(self, fields: Fields) -> Fields:
        """Return the managed fields; the password only if Airflow was asked about it."""
        names = [*OPTIONAL, "password"] if "password" in fields else OPTIONAL
        return {**{name: fields[name] for name in names}, "roles": sorted(fields["roles"])}


def _alike(values: Iterable[tuple[str, Entry]]) -> dict[str, str]:
    """Return the joined names of users that share a value, by that value."""
    names: dict[str, list[str]] = {}
    for value, entry in values:
        names.setdefault(value, []).append(repr(str(entry["username"])))
    return {value: " and ".join(dict.fromkeys(found)) for value, found in names.items() if len(set(found)) > 1}


def _password_problems(entry: Entry) -> list[str]:
    texts = []
    password = entry.get("password")
    always = entry.get("update_password") == ALWAYS
    if password is not None and not str(password):
        texts.append("password is empty; write one, or remove the key to keep an existing user's password.")
    if re.search(r"[\r\n]", str(password or "")):
        texts.append("password holds a line break, which no login form accepts; remove it.")
    if always and password is None:
        texts.append("update_password: always needs a password; write one, or remove update_password.")
    if always and entry.get("create_only"):
        texts.append("create_only never changes an existing user, update_password: always does; remove one of them.")
    return texts


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
        f"role {role!r} does not exist; write one of {', '.join(report['roles'])}, or create it in the web UI first."
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
