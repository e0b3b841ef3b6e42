"""Module airflow_users on a real Airflow."""

from __future__ import annotations

import json
from functools import partial
from typing import TYPE_CHECKING, Any

import pytest

from tests.lab.names import V3
from tests.objects.secrecy import play_in_secret
from tests.objects.stack import ODD, Stack, changed, failure, four_ways, play, summary, task

if TYPE_CHECKING:
    from collections.abc import Iterator

users = partial(task, "users")

ADMIN = {"username": "root", "email": "root@example.com", "roles": ["Admin"], "password": "find-me-root"}
JANE = {"username": "jane", "email": "jane@example.com", "firstname": "Jane", "lastname": "Doe", "roles": ["Op"]}
ODD_USERS: list[dict[str, Any]] = [
    {"username": ODD, "email": "odd@example.com", "firstname": ODD[:64], "roles": ["Viewer"], "password": "p"},
    {"username": "-dash", "email": "d@localhost", "roles": ["Viewer"], "password": "-p"},
    {"username": "--help", "email": "یک@example.com", "firstname": "-", "roles": ["User"], "password": ODD[:20]},
    {"username": "u" * 256, "email": "x" * 244 + "@example.com", "roles": ["Op"], "password": "p" * 5000},
    {
        "username": "سلام",
        "email": "s@example.com",
        "lastname": "😀",
        "roles": ["Viewer", "Op", "Op"],
        "password": "سلام",
    },
    ADMIN,
]


def test_creates_what_is_hard_to_carry(stack: Stack) -> None:
    results = four_ways(ODD_USERS, "users")
    assert changed(results) == [True, True, False, False]
    assert summary(results[0]) == summary(results[1])
    assert [result["starts"] for result in results] == [1, 2, 1, 1]
    assert results[1]["created"] == [entry["username"] for entry in ODD_USERS]
    assert results[1]["diff"]["after"]["-dash"] == {
        "email": "d@localhost",
        "firstname": "-dash",
        "lastname": "-dash",
        "roles": ["Viewer"],
        "password": "(secret)",
    }
    assert stack.users() == {
        entry["username"]: {
            "email": entry["email"],
            "firstname": entry.get("firstname", entry["username"][:64]),
            "lastname": entry.get("lastname", entry["username"][:64]),
            "roles": sorted(set(entry["roles"])),
        }
        for entry in ODD_USERS
    }
    passwords = [(entry["username"], entry["password"]) for entry in ODD_USERS]
    assert stack.opens(*passwords, ("root", ""), ("root", "p")) == [*[True] * len(ODD_USERS), False, False]


def test_changes_what_differs_and_leaves_alone_what_is_not_listed(stack: Stack) -> None:
    stack.add_user("jane", "first")
    stack.add_user("alone", "first")
    # By default a listed password is only used to create the user.
    entry = {"username": "jane", "roles": ["Op"], "password": "second"}
    alone = {"username": "alone", "email": "x@example.com", "roles": ["Viewer"], "create_only": True}
    assert changed(play(users([entry, alone])).results) == [False]
    entry |= {"email": "doe@example.com", "roles": ["Viewer", "Op"], "update_password": "always"}
    results = four_ways([entry, alone], "users")
    assert changed(results) == [True, True, False, False]
    assert summary(results[0]) == summary(results[1])
    assert (results[1]["updated"], results[1]["unchanged"]) == (["jane"], ["alone"])
    names = {"firstname": "Jane", "lastname": "Doe"}
    before, after = {"email": "jane@example.com", "roles": ["Op"]}, {"email": entry["email"], "roles": ["Op", "Viewer"]}
    diff = results[1]["diff"]
    assert diff["before"] == {"jane": {**names, **before, "password": "(secret)"}}
    assert diff["after"] == {"jane": {**names, **after, "password": "(secret, changes)"}}
    left = {**names, "email": "alone@example.com", "roles": ["Op"]}
    assert stack.users() == {"jane": {**names, **after}, "alone": left}
    assert stack.opens(("jane", "first"), ("jane", "second"), ("alone", "first")) == [False, True, True]


def test_deletes_but_not_the_last_admin(stack: Stack) -> None:
    stack.add_user("jane", "p")
    stack.add_user("root", "p", role="Admin")
    absent = [{"username": name, "state": "absent"} for name in ("jane", "never")]
    results = four_ways(absent, "users")
    assert changed(results) == [True, True, False, False]
    assert summary(results[0]) == summary(results[1])
    assert (results[1]["deleted"], results[1]["unchanged"]) == (["jane"], ["never"])
    assert results[1]["diff"]["before"]["jane"] == {name: JANE[name] for name in JANE if name != "username"}
    # A deactivated administrator does not count.
    stack.add_user("asleep", "p", role="Admin")
    stack.sql("UPDATE ab_user SET active = false WHERE username = 'asleep'")
    gone = {"username": "root", "state": "absent"}
    heir = {**JANE, "password": "p", "roles": ["Admin"]}
    results = play(
        users([gone]), users([{"username": "root", "roles": ["Op"]}]), users([gone, heir], check=True)
    ).results
    for result in results[:2]:
        assert (result["failed"], result["changed"]) == (True, False)
        assert "users: 'root' would be deleted or lose the role Admin" in result["msg"]
    assert changed(results[2:]) == [True]
    assert sorted(stack.users()) == ["asleep", "root"]


def test_what_airflow_cannot_have_is_refused(stack: Stack) -> None:
    stack.add_user("jane", "p")
    message = failure(
        users(
            [
                {"username": "Jane", "state": "absent"},
                {"username": "new", "roles": ["Opp", "Admin"]},
                {"username": "other", "roles": ["Op"], "email": "jane@example.com", "password": "find-me"},
            ]
        )
    )
    for part in (
        "users, 'Jane': Airflow knows this user as 'jane'",
        "users, 'new': the user does not exist yet, and a new one needs email",
        "users, 'new': the user does not exist yet, and a new one needs password",
        "users, 'new': role 'Opp' does not exist; write one of Admin, Op, Public, User, Viewer",
        "users, 'other': email 'jane@example.com' already belongs to Airflow's user 'jane'",
    ):
        assert part in message
    assert "find-me" not in message
    message = failure(users([{**JANE, "roles": []}, {**JANE, "username": "JANE", "email": "jane"}]))
    assert "'jane': roles is missing" in message
    assert "'JANE': email is not an email address" in message
    assert list(stack.users()) == ["jane"]


def test_no_secret_shows_anywhere(stack: Stack) -> None:
    secrets = ["find-me-first-\"'-x", "find-me-second", "find-me-third"]
    always = {**JANE, "update_password": "always"}
    stack.add_user("jane", secrets[0])
    new = {**JANE, "username": "x", "email": "x@example.com", "password": secrets[2]}
    tasks = [users([{**always, "password": secrets[1]}, new], check=check) for check in (True, False, False)]
    tasks += [users([{**always, "password": secrets[1], "roles": ["Nope"]}])]
    output = play_in_secret(stack, secrets, *tasks).output
    assert "(secret, changes)" in output
    assert "VALUE_SPECIFIED_IN_NO_LOG_PARAMETER" in output
    assert "pbkdf2" not in output
    assert "cli_users_create" in stack.sql("SELECT event FROM log")
    assert stack.opens(("jane", secrets[1]), ("x", secrets[2])) == [True, True]


TRIGGER = """
CREATE FUNCTION meddle() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
  IF NEW.username LIKE 'refused%' THEN RAISE EXCEPTION 'not this one'; END IF;
  IF NEW.username LIKE 'tampered%' THEN NEW.last_name := 'Roe'; NEW.password := 'other'; END IF;
  RETURN NEW; END $$;
CREATE TRIGGER meddle BEFORE INSERT OR UPDATE ON ab_user FOR EACH ROW EXECUTE FUNCTION meddle();
"""


@pytest.fixture
def meddling(stack: Stack) -> Iterator[Stack]:
    stack.sql(TRIGGER)
    yield stack
    stack.sql("DROP TRIGGER meddle ON ab_user; DROP FUNCTION meddle")


def test_reports_what_airflow_does_not_take(meddling: Stack) -> None:
    names = ("first", "refused", "tampered", "last")
    wanted = [
        {**JANE, "username": name, "email": f"{name}@example.com", "password": f"find-me-{name}"} for name in names
    ]
    result = play(users(wanted)).results[0]
    assert result["failed"]
    assert result["changed"]
    # FAB of Airflow 3 does not report the database's error.
    reason = f"does not exist ({'FabException: Error adding' if V3 else 'RaiseException: not this one)'}"
    assert result["failed_objects"].pop("refused").startswith(reason)
    assert result["failed_objects"] == {"tampered": "differs in lastname, password"}
    assert result["created"] == ["first", "tampered", "last"]
    assert sorted(meddling.users()) == ["first", "last", "tampered"]
    assert "find-me" not in json.dumps(result)
    assert "pbkdf2" not in json.dumps(result)


NOTE = """
INSERT INTO dag_run (dag_id, run_id, run_type, execution_date) VALUES ('d', 'r', 'manual', now());
INSERT INTO dag_run_note (user_id, dag_run_id, created_at, updated_at)
SELECT ab_user.id, dag_run.id, now(), now() FROM ab_user, dag_run WHERE username = 'author'
"""


@pytest.mark.slow
@pytest.mark.skipif(V3, reason="notes of Airflow 3 do not refer to users")
def test_the_author_of_a_note_on_a_run_cannot_be_deleted(stack: Stack) -> None:
    for name in ("first", "author", "last"):
        stack.add_user(name, "p")
    stack.sql(NOTE)
    result = play(users([{"username": name, "state": "absent"} for name in stack.users()])).results[0]
    stack.sql("DELETE FROM dag_run_note; DELETE FROM dag_run")
    assert result["failed"]
    assert sorted(result["deleted"]) == ["first", "last"]
    assert "'author' still exists (ForeignKeyViolation: update or delete on table" in result["msg"]
    assert list(stack.users()) == ["author"]


@pytest.mark.slow
def test_no_airflow_runs(stack: Stack) -> None:
    wanted = [{**JANE, "password": "find-me"}, {"username": "gone", "state": "absent"}]
    nowhere = users(wanted, project="nobody")
    assert "compose project 'nobody' runs none of the services" in failure(nowhere)
    result = play({**nowhere, "check_mode": True}).results[0]
    assert (result["changed"], result["created"], result["unchanged"]) == (True, ["jane"], ["gone"])
    assert "find-me" not in json.dumps(result)
    assert stack.sql("SELECT count(*) FROM ab_user").strip() == "0"


@pytest.mark.slow
def test_roles_that_airflow_has_not_made_yet(stack: Stack) -> None:
    stack.sql("DELETE FROM ab_permission_view_role; DELETE FROM ab_role")
    assert "role 'Opp' does not exist; write one of Admin, Op," in failure(users([{**ADMIN, "roles": ["Opp"]}]))
    assert changed(four_ways([ADMIN], "users")) == [True, True, False, False]
    assert stack.users()["root"]["roles"] == ["Admin"]
