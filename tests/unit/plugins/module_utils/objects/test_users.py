"""Users: the problems of a list of users, and the wanted users computed from it."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.objects.kind import RefusedError
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.objects.plan import make_plan
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.objects.users import USER, UserKind

KIND = UserKind()
ROLES = ["Admin", "Op", "Viewer"]
JANE: dict[str, Any] = {"username": "jane", "email": "j@example.com", "roles": ["Op"], "password": "find-me"}


def entry(**fields: Any) -> dict[str, Any]:
    """Return an entry as the module receives it."""
    return {**{name: spec.get("default") for name, spec in USER.items()}, **fields}


def there(*roles: str, **fields: Any) -> dict[str, Any]:
    """Return a user as Airflow reports it."""
    names = {"email": "j@example.com", "firstname": "J", "lastname": "D", "active": True}
    return {**names, "roles": [*roles], **fields}


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({}, None),
        ({"email": None, "password": None}, None),
        ({"email": "x@localhost"}, None),
        ({"username": ""}, "username is empty"),
        ({"username": "", "state": "absent"}, "username is empty"),
        ({"roles": [], "email": "no", "state": "absent"}, None),
        ({"roles": None}, "'jane': roles is missing; write at least one, such as [Viewer]"),
        ({"roles": []}, "roles is missing"),
        ({"username": "u" * 257}, "username is longer than the 256 characters"),
        ({"email": "x" * 250 + "@y.example"}, "email is longer than the 256"),
        ({"firstname": "x" * 65}, "firstname is longer than the 64"),
        ({"lastname": "x\0"}, "lastname holds a NUL character"),
        ({"email": "jane"}, "email is not an email address; write one such as"),
        ({"email": "a b@example.com"}, "email is not an email address"),
        ({"password": ""}, "password is empty; write one, or remove the key"),
        ({"password": "find-me\n"}, "password holds a line break"),
        ({"password": None, "update_password": "always"}, "update_password: always needs a password"),
        ({"create_only": True, "update_password": "always"}, "remove one of them"),
    ],
)
def test_problems_of_an_entry(fields: dict[str, Any], expected: str | None) -> None:
    found = KIND.problems([{**JANE, **fields}])
    assert len(found) == (1 if expected else 0), found
    for sentence in found:
        assert expected is not None
        assert expected in sentence
        assert "find-me" not in sentence


def test_a_user_may_be_listed_only_once() -> None:
    other = {**JANE, "email": "o@example.com"}
    assert KIND.problems([JANE, other]) == ["users: 'jane' is listed 2 times; keep one entry."]
    (sentence,) = KIND.problems([JANE, {**other, "username": "Jane"}])
    assert "'jane' and 'Jane' are the same user" in sentence
    (sentence,) = KIND.problems([JANE, {**JANE, "username": "x"}])
    assert "email 'j@example.com' is listed for 'jane' and 'x'" in sentence
    assert KIND.problems([JANE, {**JANE, "username": "x", "state": "absent"}]) == []


def wanted(entries: list[dict[str, Any]], **found: dict[str, Any]) -> dict[str, Any]:
    """Return the wanted users, given the existing ones."""
    report = {"objects": found, "roles": ROLES}
    present = [item for item in entries if item["state"] == "present"]
    return KIND.wanted(present, report, {"users": entries})


def test_a_new_user_gets_defaults_and_the_password() -> None:
    fields = {"email": "j@example.com", "firstname": "jane", "lastname": "jane", "roles": ["Op"], "password": "find-me"}
    assert wanted([entry(**JANE)]) == {"jane": fields}
    assert KIND.wanted([entry(username="x" * 100, roles=["Op"])], None, {})["x" * 100] == {
        "email": None,
        "firstname": "x" * 64,
        "lastname": "x" * 64,
        "roles": ["Op"],
        "password": None,
    }


@pytest.mark.parametrize(
    ("listed", "known", "expected"),
    [
        ({"roles": ["Op", "Op"]}, {}, []),
        ({"roles": ["Op"], "firstname": "", "email": "", "password": "new"}, {}, []),
        ({"roles": ["Viewer", "Op"]}, {}, ["roles"]),
        ({"roles": ["Op"], "lastname": "E"}, {}, ["lastname"]),
        ({"roles": ["Op"], "password": "same", "update_password": "always"}, {"password": "same"}, []),
        ({"roles": ["Op"], "password": "new", "update_password": "always"}, {"password": ""}, ["password"]),
        ({"roles": ["Viewer"], "lastname": "E", "create_only": True}, {}, []),
    ],
)
def test_an_existing_user_keeps_what_is_not_listed(
    listed: dict[str, Any], known: dict[str, Any], expected: list[str]
) -> None:
    user = there("Op", **known)
    fields = wanted([entry(username="jane", **listed)], jane=user)["jane"]
    current = KIND.normal(user)
    assert [name for name in fields if fields[name] != current.get(name)] == expected
    plan = make_plan({"jane": current}, {"jane": fields})
    assert bool(plan.replace) == bool(expected)


def test_only_passwords_with_update_always_are_compared() -> None:
    entries = [entry(**JANE), entry(**{**JANE, "username": "x"}, update_password="always")]
    assert KIND.question(entries) == {"passwords": {"x": "find-me"}}
    assert KIND.secrets(entries) == {"find-me"}
    assert "find-me" not in str(KIND.redacted(entries))
    assert KIND.redacted(entries)[1]["update_password"] == "always"


ROOT = {"username": "root", "roles": ["Admin"]}
GONE = {"username": "root", "state": "absent"}


@pytest.mark.parametrize(
    ("entries", "found", "expected"),
    [
        ([{"username": "x", "roles": ["Op"], "password": "p"}], {}, "does not exist yet, and a new one needs email"),
        ([{"username": "x", "roles": ["Op"], "email": "x@y"}], {}, "needs password; write one, from a vault variable"),
        ([{**JANE, "roles": ["Opp"]}], {}, "'jane': role 'Opp' does not exist; write one of Admin, Op, Viewer"),
        ([{**JANE, "username": "JANE"}], {"jane": there("Op")}, "'JANE': Airflow knows this user as 'jane'"),
        ([{"username": "JANE", "state": "absent"}], {"jane": there("Op")}, "Airflow knows this user as 'jane'"),
        ([JANE], {"x": there("Op")}, "email 'j@example.com' already belongs to Airflow's user 'x'"),
        ([JANE, {"username": "x", "state": "absent"}], {"x": there("Op")}, "belongs to Airflow's user 'x'"),
        ([GONE], {"root": there("Admin")}, "users: 'root' would be deleted or lose the role Admin"),
        ([{**ROOT, "roles": ["Op"]}], {"root": there("Admin")}, "'root' would be deleted or lose"),
        ([GONE], {"root": there("Admin"), "x": there("Admin", active=False)}, "'root' would be deleted or lose"),
        ([GONE], {"root": there("Admin"), "x": there("Admin")}, None),
        ([GONE, {**ROOT, "username": "x"}], {"root": there("Admin"), "x": there("Op", email="x@y")}, None),
        ([GONE, {**JANE, "roles": ["Admin"]}], {"root": there("Admin", email="r@y")}, None),
        ([GONE], {"root": there("Op")}, None),
        ([GONE], {"x": there("Op")}, None),
    ],
)  # fmt: skip
def test_taken_emails_and_losing_the_last_admin_are_refused(
    entries: list[dict[str, Any]], found: dict[str, Any], expected: str | None
) -> None:
    complete = [entry(**item) for item in entries]
    if expected is None:
        wanted(complete, **found)
        return
    with pytest.raises(RefusedError) as caught:
        wanted(complete, **found)
    (sentence,) = caught.value.problems
    assert expected in sentence
    assert "find-me" not in sentence
