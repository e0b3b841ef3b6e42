"""What is wrong with a list of variables, as far as the list alone can tell.

Used by the module airflow_variables, and by the filters of role airflow_objects before anything is changed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ansible_collections.ansible_airflow.airflow.plugins.module_utils import airflow_listed
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.airflow_objects import canonical

# Width of the column in Airflow's database.
LONGEST_KEY = 250


def problems(where: str, entries: Sequence[Mapping[str, Any]]) -> list[str]:
    """Return what is wrong with a list of variables, a sentence each, without their values.

    :param where: name of the variable or option, for the sentences
    :param entries: dicts with ``key``, ``state``, ``value`` and ``description``
    """
    return airflow_listed.problems(where, entries, "key", _entry_problems)


def _entry_problems(entry: Mapping[str, Any]) -> list[str]:
    if entry.get("state", "present") == "absent":
        # Whatever else it says: to change only the state is the natural way to remove a variable.
        return [] if entry["key"] else ["key is empty; write the key of the variable."]
    texts = []
    if not 0 < len(entry["key"]) <= LONGEST_KEY:
        texts.append(f"key must be 1 to {LONGEST_KEY} characters; choose another one.")
    return texts + _value_problems(entry.get("value")) + airflow_listed.zeros(entry, ("key", "value", "description"))


def _value_problems(value: object) -> list[str]:
    if value is None:
        # Ansible does not tell null from nothing, and nothing is more often a mistake.
        return ["value is missing or null; write one: '' is empty text, 'null' with quotes is JSON's null."]
    try:
        canonical(value)
    except (TypeError, ValueError):
        return [
            "value is neither text nor data that JSON can express, such as .nan or a date without quotes; write text "
            "in quotes, a number, true, false, a list or a dict."
        ]
    return []
