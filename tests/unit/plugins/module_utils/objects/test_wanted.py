"""The lists of objects in the inventory, all kinds together."""

from __future__ import annotations

import re
from typing import Any

import pytest
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.objects.wanted import (
    names_wanted,
    object_problems,
    objects_resolved,
    secrets_needed,
    without_empty,
)

DATABASES = [{"name": "news", "owner": "reader"}]
ADMIN = {"username": "admin", "email": "admin@example.com"}
JANE = {"username": "jane", "email": "jane@example.com", "roles": ["Op"]}


@pytest.mark.parametrize(
    ("name", "entry", "expected"),
    [
        ("variable", {"key": "k", "value": {"a": 1}, "description": "d"}, None),
        ("variable", {"key": "k", "state": "absent"}, None),
        (
            "variable",
            {"key": "k", "valeu": "find-me", "value": "x"},
            "'k': key 'valeu' is unknown; did you mean value?",
        ),
        ("variable", {"key": "k", "value": "x", "state": "gone"}, "'k': state must be present or absent."),
        ("variable", {"value": "find-me"}, "entry 1 has no key; write one as text, such as key: news_language"),
        ("variable", {"key": 5, "value": "find-me"}, "entry 1 has no key; write one as text"),
        ("variable", {"key": "k"}, "'k': value is missing or null"),
        ("pool", {"name": "p", "slots": 1, "include_deferred": True}, None),
        ("pool", {"name": "p", "slot": 1, "slots": 1}, "'p': key 'slot' is unknown; did you mean slots?"),
        ("pool", "text", "entry 1 has no name; write one as text, such as name: news_api"),
        ("pool", {"name": "p", "slots": -2}, "'p': slots -2 is invalid"),
    ],
)
def test_problems_of_other_kinds(name: str, entry: Any, expected: str | None) -> None:
    problems = object_problems({f"{name}s": [entry]}, DATABASES, ADMIN)
    assert len(problems) == (1 if expected else 0), problems
    for problem in problems:
        assert problem.startswith(f"airflow_{name}s")
        assert expected is not None
        assert expected in problem
        assert "find-me" not in problem


def test_problems_come_in_the_order_of_the_kinds() -> None:
    lists = {
        "users": [{"username": "u", "roles": []}],
        "roles": [{"name": "Admin", "permissions": []}],
        "pools": [{"name": "p"}],
        "variables": [{"key": "k"}],
        "connections": [{"conn_id": "c", "stack_database": "nwes"}],
    }
    assert [re.split(r"\W", text)[0] for text in object_problems(lists, DATABASES, ADMIN)] == [
        "airflow_connections",
        "airflow_variables",
        "airflow_pools",
        "airflow_roles",
        "airflow_users",
    ]


def test_a_role_of_a_user_must_be_listed() -> None:
    analysts = {"name": "Analysts", "permissions": []}
    users = [{**JANE, "roles": ["Analysts"]}]
    assert object_problems({"users": users, "roles": [analysts]}, DATABASES, ADMIN) == []
    # Without the list of roles nothing is known about them.
    assert object_problems({"users": users}, DATABASES, ADMIN) == []
    for roles in ([], [{**analysts, "state": "absent"}]):
        (sentence,) = object_problems({"users": users, "roles": roles}, DATABASES, ADMIN)
        assert sentence.startswith("airflow_users[0].roles: 'Analysts' is neither one of Airflow's own roles")


def test_a_kind_without_a_list_is_left_alone() -> None:
    wrong = {"username": "admin", "email": "no"}
    assert object_problems({}, DATABASES, wrong) == []
    assert len(object_problems({"users": []}, DATABASES, wrong)) == 1
    assert secrets_needed({}, ADMIN) == []
    assert objects_resolved({}, {}, {}) == {}


def test_which_secrets_are_needed() -> None:
    connections = [
        {"conn_id": "a", "stack_database": "news"},
        {"conn_id": "b", "stack_database": "news"},
        {"conn_id": "c", "conn_type": "http"},
        {"conn_id": "d", "stack_database": "facts", "state": "absent"},
    ]
    news = {"name": "database_news_password", "by": "a connection with stack_database news"}
    admin = {"name": "admin_password", "by": "the first administrator"}
    assert secrets_needed({"connections": connections, "users": [JANE]}, ADMIN) == [news, admin]
    own = {"username": "admin", "roles": ["Admin"]}
    assert secrets_needed({"connections": [], "users": [own]}, ADMIN) == [admin]
    assert secrets_needed({"connections": [], "users": [{**own, "password": "x"}]}, ADMIN) == []
    assert secrets_needed({"connections": [], "users": [{"username": "admin", "state": "absent"}]}, ADMIN) == []


def test_connections_and_users_are_completed_and_the_rest_is_unchanged() -> None:
    lists = {
        "connections": [{"conn_id": "a", "stack_database": "news"}],
        "variables": [{"key": "k", "value": 1}],
        "users": [JANE],
    }
    secrets = {"database_news_password": "p", "admin_password": "q"}
    found = objects_resolved(lists, {"databases": DATABASES, "admin": ADMIN}, secrets)
    assert list(found) == list(lists)
    assert found["variables"] == lists["variables"]
    assert [(entry["login"], entry["password"]) for entry in found["connections"]] == [("reader", "p")]
    assert [(entry["username"], entry.get("password")) for entry in found["users"]] == [("admin", "q"), ("jane", None)]


@pytest.mark.parametrize(("kind", "key"), [("connections", "conn_id"), ("variables", "key"), ("pools", "name")])
def test_names_of_wanted_objects(kind: str, key: str) -> None:
    entries = [{key: "a"}, {key: "b", "state": "absent"}, {key: "c", "state": "present"}]
    assert names_wanted(entries, kind) == ["a", "c"]


@pytest.mark.parametrize(
    ("kind", "entry", "finding", "place"),
    [
        ("connections", {"conn_id": "c"}, "connection-type-missing", "airflow_connections, 'c'"),
        (
            "connections",
            {"conn_id": "c", "conn_type": "http", "hots": 1},
            "object-key-unknown",
            "airflow_connections, 'c'",
        ),
        ("connections", {"conn_id": "c d", "conn_type": "http"}, "object-name-invalid", "airflow_connections, 'c d'"),
        (
            "connections",
            {"conn_id": "c", "stack_database": "x"},
            "connection-database-unknown",
            "airflow_connections, 'c'",
        ),
        ("variables", {}, "object-nameless", "airflow_variables"),
        ("variables", {"key": "k"}, "variable-value-missing", "airflow_variables, 'k'"),
        ("pools", {"name": "p"}, "pool-slots-invalid", "airflow_pools, 'p'"),
        ("pools", {"name": "default_pool", "state": "absent"}, "pool-permanent", "airflow_pools, 'default_pool'"),
        ("users", {"username": "u"}, "user-role-missing", "airflow_users, 'u'"),
        ("users", {**JANE, "email": ADMIN["email"]}, "user-email-twice", "airflow_users, 'jane'"),
        ("users", {**JANE, "firstname": "a\0b"}, "field-has-nul", "airflow_users, 'jane'"),
    ],
)
def test_a_problem_has_an_id_and_a_place(kind: str, entry: dict[str, Any], finding: str, place: str) -> None:
    found = object_problems({kind: [entry]}, DATABASES, ADMIN)
    assert [(problem.id, problem.place) for problem in found] == [(finding, place)]
    assert all(str(problem) == f"{problem.place}: {problem.text}" for problem in found)


def test_empty_texts_of_optional_values_are_left_out() -> None:
    lists: dict[str, Any] = {
        "connections": [{"conn_id": "a", "conn_type": "http", "login": "", "port": "", "extra": ""}],
        "pools": [{"name": "p", "slots": ""}],
    }
    assert without_empty(lists) == {
        "connections": [{"conn_id": "a", "conn_type": "http", "login": "", "extra": ""}],
        "pools": [{"name": "p"}],
    }
    assert without_empty({"pools": "x"}) == {"pools": "x"}
    assert without_empty({"pools": ["x"]}) == {"pools": ["x"]}
