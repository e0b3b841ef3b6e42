"""Connections in the inventory that name a database of the stack: their problems, and the completed fields."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.objects.databases import (
    ListedConnectionKind,
    resolved,
)

DATABASES = [{"name": "news", "owner": "reader"}, {"name": "facts", "owner": "facts"}]
KIND = ListedConnectionKind(DATABASES)
# A stack whose Postgres is on another host, with TLS.
ELSEWHERE = {"host": "10.0.0.5", "ca_file": "/ca.crt"}


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
        ({"conn_id": "c", "stack_database": "news", "host": "h"}, "'c': stack_database already sets host; remove"),
        (
            {"conn_id": "c", "stack_database": "news", "password": "find-me", "uri": "http://find-me"},
            "stack_database already sets password, uri",
        ),
        ({"conn_id": "c", "conn_type": "http", "hots": "h"}, "'c': key 'hots' is unknown; did you mean host?"),
        ({"conn_id": "c", "conn_type": "http", "zzz": 1}, "key 'zzz' is unknown; the keys are conn_id, state,"),
        ({"conn_id": "c", "conn_type": "http", "state": "gone"}, "'c': state must be present or absent."),
        ({"conn_type": "http"}, "entry 1 has no conn_id; write one"),
        ("text", "entry 1 has no conn_id"),
        ({"conn_id": "c", "conn_type": "http", "port": 70000}, "'c': port 70000 is invalid"),
        ({"conn_id": "c", "stack_database": "news", "extra": "x"}, "'c': extra is text that is not JSON"),
    ],
)
def test_problems(entry: Any, expected: str | None) -> None:
    problems = KIND.problems([entry], "airflow_connections")
    assert len(problems) == (1 if expected else 0), problems
    for problem in problems:
        assert problem.startswith("airflow_connections")
        assert expected is not None
        assert expected in problem
        assert "find-me" not in problem


def test_database_problems_are_listed_between_key_and_field_problems() -> None:
    entries = [{"conn_id": "a", "port": -1}, {"conn_id": "b", "stack_database": "x"}, {"conn_id": "c", "y": 1}, {}]
    assert [text.split(";")[0] for text in KIND.problems(entries, "airflow_connections")] == [
        "airflow_connections, 'c': key 'y' is unknown",
        "airflow_connections: entry 4 has no conn_id",
        "airflow_connections, 'b': stack_database 'x' is not listed in airflow_postgres_databases",
        "airflow_connections, 'a': conn_type is missing",
        "airflow_connections, 'a': port -1 is invalid",
        "airflow_connections, 'c': conn_type is missing",
    ]


def test_a_connection_is_completed_from_its_database() -> None:
    entries = [
        {"conn_id": "a", "stack_database": "news", "description": "d"},
        {"conn_id": "b", "stack_database": "facts"},
        {"conn_id": "c", "conn_type": "http"},
        {"conn_id": "d", "stack_database": "facts", "state": "absent"},
    ]
    stack = {"databases": DATABASES}
    common = {"conn_type": "postgres", "host": "postgres", "port": 5432}
    assert resolved(entries, stack, {"database_news_password": "p"}) == [
        {"conn_id": "a", "description": "d", **common, "schema": "news", "login": "reader", "password": "p"},
        {"conn_id": "b", **common, "schema": "facts", "login": "facts", "password": None},
        {"conn_id": "c", "conn_type": "http"},
        {"conn_id": "d", "state": "absent"},
    ]
    (elsewhere,) = resolved(entries[:1], {**stack, **ELSEWHERE}, {})
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
def test_an_entry_may_override_tls_settings(extra: object, expected: dict[str, object]) -> None:
    entry = {"conn_id": "a", "stack_database": "news", "extra": extra}
    (connection,) = resolved([entry], {"databases": DATABASES, **ELSEWHERE}, {})
    assert connection["extra"] == expected
