"""Airflow's variables: argument spec, validation and comparison."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, ClassVar

from ansible_collections.ansible_airflow.airflow.plugins.module_utils.findings.finding import Finding
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.inside import variables as program
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.objects.entries import problem, zeros
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.objects.kind import (
    PURGE_OPTIONS,
    STATE,
    Entries,
    Entry,
    Fields,
    Kind,
)
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.objects.plan import canonical

VARIABLE = {
    "key": {"type": "str", "required": True, "no_log": False},
    "state": STATE,
    "value": {"type": "raw", "no_log": True},
    "description": {"type": "str"},
}

# Width of the column in Airflow's database.
LONGEST_KEY = 250


class VariableKind(Kind):
    """Variables."""

    option = "variables"
    arguments: ClassVar = {
        "variables": {"type": "list", "elements": "dict", "required": True, "no_log": True, "options": VARIABLE},
        **PURGE_OPTIONS,
    }
    key = "key"
    example = "news_language"
    secret_fields = ("value",)
    # Role airflow_dags writes the release of the DAG tree.
    foreign = ("airflow_dags_release",)
    program = program

    def entry_problems(self, entry: Entry) -> list[Finding]:
        """See Kind."""
        if entry.get("state", "present") == "absent":
            # Ignore other keys: changing only the state is the natural way to remove a variable.
            return (
                [] if entry["key"] else problem("object-name-invalid", "key is empty; write the key of the variable.")
            )
        found = []
        if not 0 < len(entry["key"]) <= LONGEST_KEY:
            found += problem("object-name-invalid", f"key must be 1 to {LONGEST_KEY} characters; choose another one.")
        return found + _value_problems(entry.get("value")) + zeros(entry, ("key", "value", "description"))

    def wanted(
        self,
        entries: Entries,
        report: Mapping[str, Any] | None,
        options: Mapping[str, Any],  # noqa: ARG002 - none matters here
    ) -> dict[str, Fields]:
        """Keep the stored text of a value if it expresses the same data."""
        found = report["objects"] if report else {}
        return {
            entry["key"]: {
                "value": text(entry["value"], found.get(entry["key"], {}).get("value")),
                "description": entry["description"] or None,
            }
            for entry in entries
        }

    def normal(self, fields: Fields) -> Fields:
        """Return a variable of Airflow with an empty description as None."""
        return {"value": fields["value"], "description": fields["description"] or None}


def text(value: object, stored: str | None) -> str:
    """Return the text to store in Airflow for a value.

    Text is stored as it is, even if it looks like JSON. Other data are stored as Airflow's own commands write them,
    unless the stored text already expresses the same data.

    Args:
        value: Text, or data that JSON can express.
        stored: The text that Airflow has, None if it has none.
    """
    if isinstance(value, str):
        return value
    if stored is not None and says(stored, value):
        return stored
    return json.dumps(value, indent=2, ensure_ascii=False)


def says(stored: str, value: object) -> bool:
    """Return whether a string is JSON for these data, in any order of keys; 1, 1.0, true and "1" all differ."""
    try:
        return canonical(json.loads(stored)) == canonical(value)
    except (ValueError, RecursionError):
        # Not JSON, or accepted as JSON only by Python, such as NaN.
        return False


def _value_problems(value: object) -> list[Finding]:
    if value is None:
        # Ansible does not distinguish null from a missing value, which is usually a mistake.
        text = "value is missing or null; write one: '' is empty text, 'null' with quotes is JSON's null."
        return problem("variable-value-missing", text)
    try:
        canonical(value)
    except (TypeError, ValueError):
        return problem(
            "variable-value-invalid",
            "value is neither text nor data that JSON can express, such as .nan or a date without quotes; write text "
            "in quotes, a number, true, false, a list or a dict.",
        )
    return []
