"""The first administrator together with the users of the inventory."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.objects.administrator import (
    ListedUserKind,
    resolved,
)

ADMIN = {"username": "admin", "email": "admin@example.com"}
JANE = {"username": "jane", "email": "jane@example.com", "roles": ["Op"]}


@pytest.mark.parametrize(
    ("entry", "expected"),
    [
        (JANE, None),
        ({**JANE, "role": "Op"}, "airflow_users, 'jane': key 'role' is unknown; did you mean roles?"),
        ({"roles": ["Op"]}, "airflow_users: entry 1 has no username; write one as text, such as username: jane"),
        ({**JANE, "roles": []}, "airflow_users, 'jane': roles is missing"),
        ({**JANE, "email": ADMIN["email"]}, "airflow_users, 'jane': email belongs to the first administrator"),
        ({**JANE, "update_password": "always"}, "airflow_users, 'jane': update_password: always needs a password"),
        # An entry for the administrator replaces the stack's own, including its password.
        ({"username": "admin", "email": ADMIN["email"], "roles": ["Admin"], "update_password": "always"}, None),
        ({"username": "admin", "state": "absent"}, None),
    ],
)
def test_problems_of_users(entry: dict[str, Any], expected: str | None) -> None:
    problems = ListedUserKind(ADMIN).problems([entry], "airflow_users")
    assert len(problems) == (1 if expected else 0), problems
    for problem in problems:
        assert expected is not None
        assert problem.startswith(expected)


def test_problems_of_the_administrator() -> None:
    (problem,) = ListedUserKind({**ADMIN, "email": "admin"}).problems([], "airflow_users")
    assert problem.startswith("airflow_admin_username, airflow_admin_email, 'admin': email is not an email address")


def test_the_administrator_comes_first_unless_listed() -> None:
    secrets = {"admin_password": "p"}
    admin, jane = resolved([JANE], ADMIN, secrets)
    assert (admin["username"], admin["email"], admin["roles"], admin["password"]) == (*ADMIN.values(), ["Admin"], "p")
    assert admin["create_only"] is True
    assert jane == JANE
    listed = {"username": "Admin", "roles": ["Op"]}
    assert resolved([listed], ADMIN, secrets) == [{**listed, "password": "p"}]
    assert resolved([{**listed, "password": "x"}], ADMIN, secrets) == [{**listed, "password": "x"}]
    assert resolved([{**listed, "state": "absent"}], ADMIN, secrets) == [{**listed, "state": "absent"}]
    # In check mode, on a host that has no secrets yet.
    assert resolved([], ADMIN, {})[0]["password"]
