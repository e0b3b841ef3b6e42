"""Checks of the extra databases."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from ansible_collections.ansible_airflow.airflow.plugins.module_utils.findings.finding import Finding

PLACE = "airflow_postgres_databases"


def database_problems(databases: Sequence[Mapping[str, Any]]) -> list[Finding]:
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
                text = f"{key} {value!r} is invalid; write lower-case letters, digits and underscores."
                problems.append(Finding("name-invalid", PLACE, text))
            elif value in ("airflow", "postgres"):
                text = f"{key} {value!r} is reserved for the stack itself; choose another name."
                problems.append(Finding("database-reserved", PLACE, text))
        if entry.get("name") in seen:
            text = f"{entry.get('name')!r} is listed twice; keep one entry."
            problems.append(Finding("database-duplicate", PLACE, text))
        seen.add(str(entry.get("name")))
    return problems
