"""Airflow's users: argument spec, validation and comparison."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any, ClassVar

from ansible_collections.ansible_airflow.airflow.plugins.module_utils.findings.finding import Finding
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.inside import users as program
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.objects.entries import problem, too_long, zeros
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.objects.kind import (
    STATE,
    Entries,
    Entry,
    Fields,
    Kind,
    RefusedError,
)
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.objects.user_refusals import refusals

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

    def list_problems(self, entries: Entries, where: str) -> list[Finding]:
        """See Kind; also refuse user names that differ only in case, and duplicate emails."""
        found = super().list_problems(entries, where)
        same = "are the same user, because user names are case-insensitive; keep one entry."
        found += [
            Finding("object-twice", where, f"{names} {same}")
            for names in _alike((str(entry["username"]).lower(), entry) for entry in entries).values()
        ]
        present = (entry for entry in entries if entry.get("state", "present") == "present")
        emails = ((str(entry.get("email") or ""), entry) for entry in present)
        found += [
            Finding(
                "user-email-twice", where, f"email {email!r} is listed for {names}; give each user a different one."
            )
            for email, names in _alike(emails).items()
            if email
        ]
        return found

    def entry_problems(self, entry: Entry) -> list[Finding]:
        """See Kind."""
        if not str(entry["username"]):
            return problem("object-name-invalid", "username is empty; write the name that the user logs in with.")
        if entry.get("state", "present") == "absent":
            # Ignore other keys: changing only the state is the natural way to remove a user.
            return []
        found = too_long(entry, LONGEST)
        if not entry.get("roles"):
            found = problem("user-role-missing", "roles is missing; write at least one, such as [Viewer].") + found
        if entry.get("email") and not re.fullmatch(r"[^@\s]+@[^@\s]+", str(entry["email"])):
            found += problem("user-email-invalid", "email is not an email address; write one such as jane@example.com.")
        return found + zeros(entry, LONGEST) + _password_problems(entry)

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


def _password_problems(entry: Entry) -> list[Finding]:
    password, always = entry.get("password"), entry.get("update_password") == ALWAYS
    found = []
    if password is not None and not str(password):
        text = "password is empty; write one, or remove the key to keep an existing user's password."
        found += problem("user-password-invalid", text)
    if re.search(r"[\r\n]", str(password or "")):
        found += problem(
            "user-password-invalid", "password holds a line break, which no login form accepts; remove it."
        )
    if always and password is None:
        found += problem(
            "user-password-missing", "update_password: always needs a password; write one, or remove update_password."
        )
    if always and entry.get("create_only"):
        text = "create_only never changes an existing user, update_password: always does; remove one of them."
        found += problem("user-update-contradictory", text)
    return found
