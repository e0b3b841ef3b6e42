"""Compares the wanted objects with the existing ones, and builds the diff.

An object is a dict of fields with JSON data, by its name. The kinds have their own fields and rules, which are not used
here.
"""

from __future__ import annotations

import fnmatch
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

Fields = Mapping[str, Any]

SECRET = "(secret)"  # noqa: S105 - what is shown instead of one
SECRET_CHANGES = "(secret, changes)"  # noqa: S105


@dataclass
class Plan:
    """The changes to make: objects by name.

    Attributes:
        create: Objects that do not exist yet.
        replace: Objects that differ.
        delete: Names of objects to delete.
        unchanged: Names of listed objects that need no change.
    """

    create: dict[str, Fields] = field(default_factory=dict)
    replace: dict[str, Fields] = field(default_factory=dict)
    delete: list[str] = field(default_factory=list)
    unchanged: list[str] = field(default_factory=list)

    @property
    def changed(self) -> bool:
        """Whether there is anything to do."""
        return bool(self.create or self.replace or self.delete)


def make_plan(
    current: Mapping[str, Fields],
    wanted: Mapping[str, Fields | None],
    *,
    purge: bool = False,
    purge_exclude: Sequence[str] = (),
) -> Plan:
    """Compare the existing objects with the wanted ones.

    Args:
        current: The existing objects.
        wanted: The listed objects; None for one that must not exist.
        purge: Whether to delete existing objects that are not listed.
        purge_exclude: Shell patterns of names that a purge keeps.
    """
    plan = Plan()
    for name, fields in wanted.items():
        if fields is None:
            (plan.delete if name in current else plan.unchanged).append(name)
        elif name not in current:
            plan.create[name] = fields
        elif differing(current[name], fields):
            plan.replace[name] = fields
        else:
            plan.unchanged.append(name)
    if purge:
        plan.delete += sorted(
            name
            for name in set(current) - set(wanted)
            if not any(fnmatch.fnmatchcase(name, pattern) for pattern in purge_exclude)
        )
    return plan


def canonical(value: object) -> str:
    """Return a string that is equal for equal data, in any order of keys; 1, 1.0, true and "1" all differ.

    Raises:
        ValueError: A value that JSON cannot express, such as NaN.
    """
    return json.dumps(value, sort_keys=True, allow_nan=False)


def differing(before: Fields, after: Fields) -> list[str]:
    """Return the names of the fields that differ; a field that is missing counts as None."""
    names = {**before, **after}
    return [name for name in names if canonical(before.get(name)) != canonical(after.get(name))]


def unmet(plan: Plan, found: Mapping[str, Fields], reasons: Mapping[str, str]) -> dict[str, str]:
    """Compare a plan with the objects that exist after it was applied.

    Args:
        plan: The applied plan.
        found: The plan's objects that exist afterwards.
        reasons: Airflow's reasons for refusing objects, by name.

    Returns:
        A description of each mismatch, without values, by name; empty if there is none.
    """
    wrong: dict[str, str] = {}
    for name, fields in {**plan.create, **plan.replace}.items():
        if name not in found:
            wrong[name] = "does not exist"
        elif differing(found[name], fields):
            wrong[name] = f"differs in {', '.join(differing(found[name], fields))}"
    wrong.update({name: "still exists" for name in plan.delete if name in found})
    return {name: f"{what} ({reasons[name]})" if name in reasons else what for name, what in wrong.items()}


def texts(value: object) -> set[str]:
    """Return all texts inside some data."""
    if isinstance(value, Mapping):
        return set().union(*(texts(item) for item in value.values()))
    if isinstance(value, list):
        return set().union(*(texts(item) for item in value))
    return {value} if isinstance(value, str) else set()


def diff(plan: Plan, current: Mapping[str, Fields], secret_fields: Iterable[str]) -> dict[str, Any]:
    """Return the diff of a plan as Ansible shows it, by name, without the values of secrets.

    Args:
        plan: The changes to make.
        current: The existing objects.
        secret_fields: Names of fields whose texts are secret, at any depth.
    """
    before: dict[str, Any] = {}
    after: dict[str, Any] = {}
    for name, fields in {**plan.create, **plan.replace, **dict.fromkeys(plan.delete)}.items():
        old, new = current.get(name), fields
        if old is not None:
            before[name] = {key: _masked(old[key], key in secret_fields) for key in old if old[key] is not None}
        if new is not None:
            after[name] = {
                key: _masked_change((old or {}).get(key), new[key], key in secret_fields)
                for key in new
                if new[key] is not None
            }
    return {"before": before, "after": after}


def _masked(value: object, secret: bool) -> object:
    """Return a value for display: of a secret, only its structure, true, false and null remain."""
    if not secret or value is None or isinstance(value, bool):
        return value
    if isinstance(value, Mapping):
        return {key: _masked(item, secret) for key, item in value.items()}
    if isinstance(value, list):
        return [_masked(item, secret) for item in value]
    return SECRET


def _masked_change(old: object, new: object, secret: bool) -> object:
    """Return the new value for display beside the old one; a changed secret is marked as such."""
    if secret and isinstance(new, Mapping):
        olds = old if isinstance(old, Mapping) else {}
        return {key: _masked_change(olds.get(key), item, secret) for key, item in new.items()}
    if secret and isinstance(new, list) and isinstance(old, list) and len(old) == len(new):
        return [_masked_change(before, after, secret) for before, after in zip(old, new)]
    shown = _masked(new, secret)
    changes = shown == SECRET and old is not None and canonical(old) != canonical(new)
    return SECRET_CHANGES if changes else shown
