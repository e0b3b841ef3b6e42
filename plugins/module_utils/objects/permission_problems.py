"""Validates the permissions of a role, and single texts. Each finding has its place in the inventory."""

from __future__ import annotations

import difflib
import re
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any

from ansible_collections.ansible_airflow.airflow.plugins.module_utils.findings.finding import Finding

KEYS = ("resource", "actions")
# Widths of the columns in Airflow's database.
LONGEST = {"name": 64, "resource": 250, "action": 100}

# Actions and resources of Airflow 2.5 to 3.3, to recognize misspelled ones. Plugins can add others.
ACTIONS = ("can_read", "can_edit", "can_create", "can_delete", "menu_access")
RESOURCES = (
    "Admin", "All Audit Logs", "All Import Errors", "Asset Aliases", "Assets", "Audit Logs", "Backfills", "Browse",
    "Cluster Activity", "Configurations", "Connections", "DAG Code", "DAG Dependencies", "DAG Runs", "DAG Versions",
    "DAG Warnings", "DAGs", "Datasets", "Docs", "Documentation", "HITL Detail", "ImportError", "Jobs", "My Password",
    "My Profile", "Passwords", "Permission Views", "Permissions", "Plugins", "Pools", "Providers", "Roles",
    "SLA Misses", "Task Instances", "Task Logs", "Task Reschedules", "Triggers", "User Stats Chart", "Users",
    "Variables", "View Menus", "Website", "XComs",
)  # fmt: skip


def is_list(value: Any) -> bool:
    """Return whether a value is a list.

    Args:
        value: Any value of an inventory.
    """
    return isinstance(value, Sequence) and not isinstance(value, (str, bytes))


def often(names: Sequence[str]) -> list[tuple[str, int]]:
    """Return the names that are there more than once, with their number.

    Args:
        names: The names.
    """
    return [(name, count) for name, count in Counter(names).items() if count > 1]


def meant(word: object, known: Collection[str], otherwise: str) -> str:
    """Return a hint for a word that is not known.

    Args:
        word: The word.
        known: The words that are known.
        otherwise: The hint if none of them is alike.
    """
    close = difflib.get_close_matches(str(word), known, n=1)
    return f"did you mean {close[0]}?" if close else f"{otherwise}."


def permission_problems(permission: object, place: str) -> Iterator[Finding]:
    """Yield what is wrong with a permission.

    Args:
        permission: An entry of a role's permissions; it may have any type.
        place: Its place.
    """
    if not isinstance(permission, Mapping):
        text = "not a dict; write one such as {resource: DAGs, actions: [can_read]}."
        yield Finding("role-permission-invalid", place, text)
        return
    yield from unknown_keys(permission, KEYS, place)
    yield from _resource(permission.get("resource"), f"{place}.resource")
    actions: Any = permission.get("actions")
    if not is_list(actions) or not actions:
        text = "missing, empty, or not a list; write at least one, such as [can_read]."
        yield Finding("role-permission-invalid", f"{place}.actions", text)
        return
    for action in actions:
        yield from _action(action, f"{place}.actions")


def unknown_keys(entry: Mapping[str, Any], keys: Sequence[str], place: str) -> list[Finding]:
    """Return the keys of an entry that are not known.

    Args:
        entry: The entry.
        keys: The keys that it may have.
        place: Its place.
    """
    return [
        Finding(
            "object-key-unknown",
            f"{place}.{key}",
            f"unknown key; {meant(key, keys, 'the keys are ' + ', '.join(keys))}",
        )
        for key in sorted(set(map(str, entry)) - set(keys))
    ]


def text_problems(value: object, what: str, place: str) -> list[Finding]:
    """Return what is wrong with a text.

    Args:
        value: The text; it may have any type.
        what: A key of LONGEST.
        place: Its place.
    """
    if not isinstance(value, str) or not value.strip() or value != value.strip():
        return [Finding("object-name-invalid", place, "must be text, not empty, without spaces at its ends.")]
    if "\0" in value:
        return [Finding("field-has-nul", place, "holds a NUL character, which the database cannot store; remove it.")]
    if len(value) > LONGEST[what]:
        text = f"longer than the {LONGEST[what]} characters that Airflow stores; shorten it."
        return [Finding("field-too-long", place, text)]
    return []


def _resource(value: object, place: str) -> list[Finding]:
    if found := text_problems(value, "resource", place):
        return found
    text = str(value)
    dag = re.match(r"(?i)(dag)([ _]?run)?\s*:\s*", text)
    if dag:
        prefix = "DAG Run:" if dag[2] else "DAG:"
        rest = text[dag.end() :]
        if dag[0] != prefix or not rest:
            hint = f"{text!r} names no DAG; write {prefix}{rest or 'news_fetcher'}."
            return [Finding("role-permission-unknown", place, hint)]
        return []
    known = {_folded(name): name for name in RESOURCES}.get(_folded(text), text)
    if known == text:
        return []
    return [Finding("role-permission-unknown", place, f"Airflow has no resource {text!r}; did you mean {known}?")]


def _folded(name: str) -> str:
    """Return a name without what people confuse: case, spaces and the plural."""
    return re.sub(r"[^a-z]", "", name.lower()).rstrip("s")


def _action(value: object, place: str) -> list[Finding]:
    if found := text_problems(value, "action", place):
        return found
    # A high cutoff, because FAB has other actions for the pages of plugins, such as can_add.
    close = [] if value in ACTIONS else difflib.get_close_matches(str(value), ACTIONS, n=1, cutoff=0.85)
    if close:
        hint = f"Airflow has no action {value!r}; did you mean {close[0]}?"
        return [Finding("role-permission-unknown", place, hint)]
    if not re.fullmatch(r"can_\w+|menu_access", str(value)):
        hint = f"{value!r} is not an action; write {', '.join(ACTIONS[:-1])} or menu_access."
        return [Finding("role-permission-unknown", place, hint)]
    return []
