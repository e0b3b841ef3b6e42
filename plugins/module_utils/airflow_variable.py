"""Airflow's variables as data: what is stored of a value, and the form in which they are compared."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from ansible_collections.ansible_airflow.airflow.plugins.module_utils.airflow_objects import canonical

FIELDS = ("value", "description")


def normal(fields: Mapping[str, Any]) -> dict[str, Any]:
    """Return a variable of Airflow in the form in which it is compared: an empty description is None."""
    return {"value": fields["value"], "description": fields["description"] or None}


def wanted(entry: Mapping[str, Any], stored: str | None) -> dict[str, Any]:
    """Return a variable of the inventory in the same form.

    :param entry: dict with ``value`` and ``description``
    :param stored: the text that Airflow has for it, None if it has none
    """
    return {"value": text(entry["value"], stored), "description": entry["description"] or None}


def text(value: object, stored: str | None) -> str:
    """Return the text that Airflow shall store for a value.

    Text is stored as it is, also where it looks like JSON. Other data are stored as Airflow's own commands write them;
    a stored text that says the same in another way stays as it is.

    :param value: text, or data that JSON can express
    :param stored: the text that Airflow has, None if it has none
    """
    if isinstance(value, str):
        return value
    if stored is not None and says(stored, value):
        return stored
    return json.dumps(value, indent=2, ensure_ascii=False)


def says(stored: str, value: object) -> bool:
    """Return whether a text is JSON for these data, whatever the order of keys; 1, 1.0, true and "1" all differ."""
    try:
        return canonical(json.loads(stored)) == canonical(value)
    except (ValueError, RecursionError):
        # Not JSON, or what only Python takes for it, such as NaN.
        return False
