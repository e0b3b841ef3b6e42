"""Checks of an entry in a list of objects that do not depend on the kind of object."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from ansible_collections.ansible_airflow.airflow.plugins.module_utils.findings.finding import Finding

Entry = Mapping[str, Any]


def problem(id: str, text: str) -> list[Finding]:  # noqa: A002 - as Finding calls it
    """Return a problem of an entry, without its place.

    Args:
        id: Id of the finding.
        text: What is wrong, and what to write instead.
    """
    return [Finding(id, "", text)]


def at(place: str, problems: Iterable[Finding]) -> list[Finding]:
    """Return problems of an entry with their place.

    Args:
        place: The variable and the name of the entry.
        problems: Problems without a place.
    """
    return [Finding(each.id, place, each.text) for each in problems]


def key_problems(entry: Entry, keys: Sequence[str]) -> list[Finding]:
    """Return the problems with the keys of an entry, and with its state.

    Args:
        entry: The entry.
        keys: The keys that its kind of object has.
    """
    problems = []
    for key in sorted(set(map(str, entry)) - set(keys)):
        close = difflib.get_close_matches(key, keys, n=1)
        hint = f"did you mean {close[0]}?" if close else f"the keys are {', '.join(keys)}."
        problems += problem("object-key-unknown", f"key {key!r} is unknown; {hint}")
    if entry.get("state", "present") not in ("present", "absent"):
        problems += problem("object-state-invalid", "state must be present or absent.")
    return problems


def zeros(entry: Entry, names: Iterable[str]) -> list[Finding]:
    """Return a problem for each of these fields that holds a NUL character, which Postgres cannot store."""
    return [
        Finding("field-has-nul", "", f"{name} holds a NUL character, which the database cannot store; remove it.")
        for name in names
        if isinstance(entry.get(name), str) and "\0" in entry[name]
    ]


def too_long(entry: Entry, longest: Mapping[str, int]) -> list[Finding]:
    """Return a problem for each field that is longer than its column.

    Args:
        entry: The entry.
        longest: Widths of the columns in Airflow's database, by field.
    """
    return [
        Finding("field-too-long", "", f"{name} is longer than the {width} characters that Airflow stores; shorten it.")
        for name, width in longest.items()
        if len(str(entry.get(name) or "")) > width
    ]
