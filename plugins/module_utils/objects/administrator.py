"""The first administrator of the web UI, whom the stack makes besides the users that the inventory lists."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ansible_collections.ansible_airflow.airflow.plugins.module_utils.objects.kind import Entries, Entry
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.objects.users import ADMIN, UserKind

# Name of the secret, which is also its file's, that is the first administrator's password.
PASSWORD = "admin_password"  # noqa: S105


class ListedUserKind(UserKind):
    """Users as the inventory lists them, besides the first administrator.

    Attributes:
        admin: ``username`` and ``email`` of the administrator.
    """

    def __init__(self, admin: Entry) -> None:
        self.admin = admin

    def list_problems(self, entries: Entries, where: str) -> list[str]:
        """See Kind; the first administrator is checked too, unless an entry is about that user."""
        # An entry that leaves the administrator's password to the stack is checked as if it were complete.
        complete = [{**entry, "password": "x"} if _lacks_password(entry, self.admin) else entry for entry in entries]
        sentences = super().list_problems(complete, where)
        if _is_listed(self.admin, entries):
            return sentences
        own = {**self.admin, "roles": [ADMIN]}
        sentences += super().list_problems([own], "airflow_admin_username, airflow_admin_email")
        return sentences + [
            f"{where}, {entry['username']!r}: email is the first administrator's, airflow_admin_email; write another "
            "one."
            for entry in entries
            if entry.get("email") == self.admin["email"]
        ]


def secrets_needed(users: Entries, admin: Entry) -> list[dict[str, str]]:
    """Return the administrator's password, unless the list sets it or removes the user.

    Args:
        users: Value of ``airflow_users``.
        admin: ``username`` and ``email`` of the administrator.

    Returns:
        Dicts with the ``name`` of the secret, and ``by``, what needs it.
    """
    needed = not _is_listed(admin, users) or any(_lacks_password(entry, admin) for entry in users)
    return [{"name": PASSWORD, "by": "the first administrator"}] if needed else []


def resolved(users: Entries, admin: Entry, secrets: Mapping[str, str]) -> list[dict[str, Any]]:
    """Return the users and the first administrator as the module takes them.

    The administrator is only made, never changed, unless an entry of the list is about that user: it takes the place of
    the administrator's own, with the administrator's password where it says none.

    Args:
        users: Value of ``airflow_users``, without problems.
        admin: ``username`` and ``email`` of the administrator.
        secrets: The secrets of ``secrets_needed`` by name.
    """
    # Where the file is missing in check mode, the real run makes one: any text predicts what it does with it.
    password = secrets.get(PASSWORD, "made by the real run")
    own = {
        **admin,
        "firstname": "Airflow",
        "lastname": "Administrator",
        "roles": [ADMIN],
        "create_only": True,
    }
    entries = [*users] if _is_listed(admin, users) else [own, *users]
    return [{**entry, "password": password} if _lacks_password(entry, admin) else {**entry} for entry in entries]


def _is_listed(admin: Entry, users: Entries) -> bool:
    """Return whether a list of users has an entry for the first administrator."""
    # To Airflow, names that differ in case only are the same.
    return admin["username"].lower() in [entry["username"].lower() for entry in users]


def _lacks_password(entry: Entry, admin: Entry) -> bool:
    """Return whether an entry is about the first administrator and leaves the password to the stack."""
    present = entry.get("state", "present") == "present"
    return present and _is_listed(admin, [entry]) and entry.get("password") is None
