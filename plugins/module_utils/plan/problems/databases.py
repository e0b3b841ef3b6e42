"""Checks of the extra databases."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any


def database_problems(databases: Sequence[Mapping[str, Any]]) -> list[str]:
    """Return what is wrong with ``airflow_postgres_databases``.

    Args:
        databases: Its entries, dicts with ``name`` and ``owner``.
    """
    problems = []
    seen: set[str] = set()
    for entry in databases:
        for key in ("name", "owner"):
            value = str(entry.get(key, ""))
            if not re.fullmatch(r"[a-z_][a-z0-9_]{0,62}", value):
                problems.append(
                    f"airflow_postgres_databases: {key} {value!r} is invalid; write lower-case letters, digits and "
                    "underscores."
                )
            elif value in ("airflow", "postgres"):
                problems.append(
                    f"airflow_postgres_databases: {key} {value!r} is reserved for the stack itself; choose another "
                    "name."
                )
        if entry.get("name") in seen:
            problems.append(f"airflow_postgres_databases: {entry.get('name')!r} is listed twice; keep one entry.")
        seen.add(str(entry.get("name")))
    return problems
