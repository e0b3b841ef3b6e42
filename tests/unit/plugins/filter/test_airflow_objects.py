"""Filters of role airflow_objects."""

from __future__ import annotations

import base64
from typing import Any

import pytest
from airflow_objects import FilterModule

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


def test_a_database_completes_a_connection() -> None:
    entries = [
        {"conn_id": "a", "stack_database": "news", "description": "d"},
        {"conn_id": "b", "stack_database": "facts"},
        {"conn_id": "c", "conn_type": "http"},
        {"conn_id": "d", "stack_database": "facts", "state": "absent"},
    ]
    resolve = FILTERS["airflow_connections_resolved"]
    common = {"conn_type": "postgres", "host": "postgres", "port": 5432}
    assert resolve(entries, DATABASES, {"news": "p"}) == [
        {"conn_id": "a", "description": "d", **common, "schema": "news", "login": "reader", "password": "p"},
        {"conn_id": "b", **common, "schema": "facts", "login": "facts", "password": None},
        {"conn_id": "c", "conn_type": "http"},
        {"conn_id": "d", "state": "absent"},
    ]
    assert resolve(entries[:1], DATABASES, {}, "10.0.0.5", 6000)[0]["host"] == "10.0.0.5"
    assert FILTERS["airflow_databases_used"](entries) == ["facts", "news"]


def test_passwords_are_taken_from_files() -> None:
    content = base64.b64encode(b"p\xc3\xa4ss\n").decode()
    results = [
        {"source": "/etc/airflow/secrets/database_news_password", "content": content},
        {"skipped": True, "source": "/etc/airflow/secrets/database_facts_password"},
        {"skipped": True},
    ]
    assert FILTERS["airflow_database_passwords"](results) == {"news": "päss"}
