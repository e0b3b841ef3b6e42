"""What the module airflow_users adds to the way in which all kinds of objects are managed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from ansible_collections.ansible_airflow.airflow.plugins.module_utils.airflow_manage import (
    STATE,
    Entries,
    Fields,
    Kind,
    RefusedError,
)
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.airflow_user_problems import (
    LONGEST,
    problems,
    refusals,
)
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.inside import users

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

# What is left as it is if it is not listed.
OPTIONAL = ("email", "firstname", "lastname")


class UserKind(Kind):
    """Users, for the modules."""

    option = "users"
    arguments: ClassVar = {
        # no_log for the whole list: see ConnectionKind.arguments.
        "users": {"type": "list", "elements": "dict", "required": True, "no_log": True, "options": USER},
    }
    key = "username"
    secret_fields = ("password",)
    program = users

    def problems(self, entries: Entries) -> list[str]:
        """See Kind."""
        return problems(self.option, entries)

    def question(self, entries: Entries) -> dict[str, Any]:
        """Ask whether users have the passwords that are to be kept: only there can a hash be compared."""
        return {"passwords": {entry["username"]: entry["password"] for entry in entries if _keeps_password(entry)}}

    def wanted(
        self, entries: Entries, report: Mapping[str, Any] | None, options: Mapping[str, Any]
    ) -> dict[str, Fields]:
        """Take what is not listed from the user that is there, or from the defaults of a new one."""
        found = report["objects"] if report else {}
        wanted = {entry["username"]: self._fields(entry, found.get(entry["username"])) for entry in entries}
        refused = refusals(self.option, options[self.option], wanted, report) if report else []
        if refused:
            raise RefusedError(refused)
        return wanted

    def _fields(self, entry: Fields, there: Fields | None) -> Fields:
        if there and entry["create_only"]:
            return self.normal(there)
        name = entry["username"][: LONGEST["firstname"]]
        default = there or {"email": None, "firstname": name, "lastname": name}
        fields = {field: entry[field] or default[field] for field in OPTIONAL}
        fields["roles"] = sorted(set(entry["roles"]))
        if not there or _keeps_password(entry):
            fields["password"] = entry["password"]
        return fields

    def normal(self, fields: Fields) -> Fields:
        """Return the fields that are managed; the password only where Airflow was asked about it."""
        names = [*OPTIONAL, "password"] if "password" in fields else OPTIONAL
        return {**{name: fields[name] for name in names}, "roles": sorted(fields["roles"])}

    def stored(self, fields: Fields) -> Fields:
        """See Kind."""
        return fields


def _keeps_password(entry: Fields) -> bool:
    return bool(entry["update_password"] == ALWAYS)
