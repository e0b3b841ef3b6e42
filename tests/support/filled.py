"""Objects of every kind that fill a stack, among them texts that need quotes in every language on the way."""

from __future__ import annotations

from typing import Any

AWKWARD = "p'a\"s$s\\w|o%r d\u00e4"
OBJECTS: dict[str, Any] = {
    "airflow_connections": [
        {"conn_id": "postgres_default", "stack_database": "news"},
        *(
            {"conn_id": f"c{n}", "conn_type": "http", "host": f"h{n}", "password": f"{AWKWARD}{n}", "extra": {"n": n}}
            for n in range(250)
        ),
    ],
    "airflow_variables": [{"key": f"v{n}", "value": AWKWARD * n} for n in range(1, 20)],
    "airflow_pools": [{"name": "narrow", "slots": 3, "description": AWKWARD}],
    "airflow_users": [
        {
            "username": "ann",
            "email": "ann@example.com",
            "firstname": "A",
            "lastname": "N",
            "roles": ["Viewer"],
            "password": AWKWARD,
        }
    ],
    "airflow_postgres_databases": [{"name": "news", "owner": "news"}],
}
