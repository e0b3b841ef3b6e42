"""Filters of role airflow_objects."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.ansible_airflow.airflow.plugins.filter.airflow_objects import FilterModule

FILTERS = FilterModule().filters()
DATABASES = [{"name": "news", "owner": "reader"}, {"name": "facts", "owner": "facts"}]


@pytest.mark.parametrize(
    ("entry", "expected"),
    [
        ({"conn_id": "c", "stack_database": "news"}, None),
        ({"conn_id": "c", "stack_database": "news", "description": "d", "extra": {"sslmode": "disable"}}, None),
        ({"conn_id": "c", "stack_database": "news", "state": "absent"}, None),
        ({"conn_id": "c", "conn_type": "http"}, None),
        (
            {"conn_id": "c", "stack_database": "nwes"},
            "'c': stack_database 'nwes' is not listed in airflow_postgres_databases; write one of news, facts",
        ),
        ({"conn_id": "c", "stack_database": "news", "host": "h"}, "'c': stack_database already says host; remove"),
        (
            {"conn_id": "c", "stack_database": "news", "password": "find-me", "uri": "http://find-me"},
            "stack_database already says password, uri",
        ),
        ({"conn_id": "c", "conn_type": "http", "hots": "h"}, "'c': key 'hots' is unknown; did you mean host?"),
        ({"conn_id": "c", "conn_type": "http", "zzz": 1}, "key 'zzz' is unknown; the keys are conn_id, state,"),
        ({"conn_id": "c", "conn_type": "http", "state": "gone"}, "'c': state must be present or absent."),
        ({"conn_type": "http"}, "entry 1 has no conn_id; write one"),
        ("text", "entry 1 has no conn_id"),
        ({"conn_id": "c", "conn_type": "http", "port": 70000}, "'c': port 70000 is not one"),
        ({"conn_id": "c", "stack_database": "news", "extra": "x"}, "'c': extra is text that is not JSON"),
    ],
)
def test_problems(entry: Any, expected: str | None) -> None:
    problems = FILTERS["airflow_connection_problems"]([entry], DATABASES)
    assert len(problems) == (1 if expected else 0), problems
    for problem in problems:
        assert problem.startswith("airflow_connections")
        assert expected is not None
        assert expected in problem
        assert "find-me" not in problem


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
        ("pool", {"name": "p", "slots": -2}, "'p': slots -2 is not possible"),
    ],
)
def test_problems_of_other_kinds(name: str, entry: Any, expected: str | None) -> None:
    problems = FILTERS[f"airflow_{name}_problems"]([entry])
    assert len(problems) == (1 if expected else 0), problems
    for problem in problems:
        assert problem.startswith(f"airflow_{name}s")
        assert expected is not None
        assert expected in problem
        assert "find-me" not in problem


def test_a_database_completes_a_connection() -> None:
    entries = [
        {"conn_id": "a", "stack_database": "news", "description": "d"},
        {"conn_id": "b", "stack_database": "facts"},
        {"conn_id": "c", "conn_type": "http"},
        {"conn_id": "d", "stack_database": "facts", "state": "absent"},
    ]
    resolve = FILTERS["airflow_connections_resolved"]
    common = {"conn_type": "postgres", "host": "postgres", "port": 5432}
    assert resolve(entries, DATABASES, {"database_news_password": "p"}) == [
        {"conn_id": "a", "description": "d", **common, "schema": "news", "login": "reader", "password": "p"},
        {"conn_id": "b", **common, "schema": "facts", "login": "facts", "password": None},
        {"conn_id": "c", "conn_type": "http"},
        {"conn_id": "d", "state": "absent"},
    ]
    (elsewhere,) = resolve(entries[:1], DATABASES, {}, "10.0.0.5", "/ca.crt")
    assert elsewhere["host"] == "10.0.0.5"
    assert elsewhere["extra"] == {"sslmode": "verify-full", "sslrootcert": "/ca.crt"}


@pytest.mark.parametrize(
    ("extra", "expected"),
    [
        (None, {"sslmode": "verify-full", "sslrootcert": "/ca.crt"}),
        ('{"connect_timeout": 5}', {"sslmode": "verify-full", "sslrootcert": "/ca.crt", "connect_timeout": 5}),
        ({"sslmode": "verify-ca"}, {"sslmode": "verify-ca", "sslrootcert": "/ca.crt"}),
    ],
)
def test_an_entry_may_say_more_of_tls(extra: object, expected: dict[str, object]) -> None:
    entry = {"conn_id": "a", "stack_database": "news", "extra": extra}
    (resolved,) = FILTERS["airflow_connections_resolved"]([entry], DATABASES, {}, "10.0.0.5", "/ca.crt")
    assert resolved["extra"] == expected


ADMIN = {"username": "admin", "email": "admin@example.com"}
JANE = {"username": "jane", "email": "jane@example.com", "roles": ["Op"]}


@pytest.mark.parametrize(
    ("entry", "expected"),
    [
        (JANE, None),
        ({**JANE, "role": "Op"}, "airflow_users, 'jane': key 'role' is unknown; did you mean roles?"),
        ({"roles": ["Op"]}, "airflow_users: entry 1 has no username; write one as text, such as username: jane"),
        ({**JANE, "roles": []}, "airflow_users, 'jane': roles is missing"),
        ({**JANE, "email": ADMIN["email"]}, "airflow_users, 'jane': email is the first administrator's"),
        ({**JANE, "update_password": "always"}, "airflow_users, 'jane': update_password always needs a password"),
        # An entry about the administrator takes the place of the stack's own, and its password.
        ({"username": "admin", "email": ADMIN["email"], "roles": ["Admin"], "update_password": "always"}, None),
        ({"username": "admin", "state": "absent"}, None),
    ],
)
def test_problems_of_users(entry: dict[str, Any], expected: str | None) -> None:
    problems = FILTERS["airflow_user_problems"]([entry], ADMIN)
    assert len(problems) == (1 if expected else 0), problems
    for problem in problems:
        assert expected is not None
        assert problem.startswith(expected)


def test_problems_of_the_administrator() -> None:
    (problem,) = FILTERS["airflow_user_problems"]([], {**ADMIN, "email": "admin"})
    assert problem.startswith("airflow_admin_username, airflow_admin_email, 'admin': email is no mail address")


def test_the_administrator_comes_first_unless_listed() -> None:
    resolve = FILTERS["airflow_users_resolved"]
    secrets = {"admin_password": "p"}
    admin, jane = resolve([JANE], ADMIN, secrets)
    assert (admin["username"], admin["email"], admin["roles"], admin["password"]) == (*ADMIN.values(), ["Admin"], "p")
    assert admin["create_only"] is True
    assert jane == JANE
    listed = {"username": "Admin", "roles": ["Op"]}
    assert resolve([listed], ADMIN, secrets) == [{**listed, "password": "p"}]
    assert resolve([{**listed, "password": "x"}], ADMIN, secrets) == [{**listed, "password": "x"}]
    assert resolve([{**listed, "state": "absent"}], ADMIN, secrets) == [{**listed, "state": "absent"}]
    # In check mode, on a host that has no secrets yet.
    assert resolve([], ADMIN, {})[0]["password"]


def test_which_secrets_are_needed() -> None:
    needed = FILTERS["airflow_secrets_needed"]
    connections = [
        {"conn_id": "a", "stack_database": "news"},
        {"conn_id": "b", "stack_database": "news"},
        {"conn_id": "c", "conn_type": "http"},
        {"conn_id": "d", "stack_database": "facts", "state": "absent"},
    ]
    news = {"name": "database_news_password", "by": "a connection with stack_database news"}
    admin = {"name": "admin_password", "by": "the first administrator"}
    assert needed(connections, [JANE], ADMIN) == [news, admin]
    assert needed([], [{"username": "admin", "roles": ["Admin"]}], ADMIN) == [admin]
    assert needed([], [{"username": "admin", "roles": ["Admin"], "password": "x"}], ADMIN) == []
    assert needed([], [{"username": "admin", "state": "absent"}], ADMIN) == []
