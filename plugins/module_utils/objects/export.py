"""Exports the objects of an Airflow as inventory variables, with the secrets in separate variables."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from ansible_collections.ansible_airflow.airflow.plugins.module_utils.objects.kind import Fields, Kind
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.objects.kinds import KINDS

Objects = Mapping[str, Mapping[str, Fields]]


class Unsafe(str):
    """Text with literal braces, which Ansible must not treat as a template."""

    __slots__ = ()


def exported(
    objects: Objects, left_out: Mapping[str, Sequence[str]]
) -> tuple[dict[str, list[dict[str, Any]]], dict[str, dict[str, dict[str, Any]]]]:
    """Return the variables from which these objects can be created again.

    Secret fields go into separate variables, unless they contain only numbers, booleans and nulls.

    Args:
        objects: Fields by kind and name, as the module airflow_objects_export returns them.
        left_out: Names of objects to leave out, by kind, in addition to the objects of other roles.

    Returns:
        The lists by variable name, and the secrets by the names of other variables, to which templates in the lists
        refer. Text that must not become a template is Unsafe.
    """
    lists: dict[str, list[dict[str, Any]]] = {}
    secrets: dict[str, dict[str, dict[str, Any]]] = {}
    for kind in KINDS:
        variable, vault = f"airflow_{kind.option}", _vault(kind)
        skipped = {*kind.foreign, *left_out.get(kind.option, ())}
        lists[variable] = []
        for name, fields in sorted(objects[kind.option].items()):
            if name not in skipped:
                hidden = {key: value for key, value in fields.items() if key in kind.secret_fields and _tells(value)}
                there = secrets.setdefault(vault, {}) if hidden else {}
                place = _place(name, there)
                there[place] = _literal(hidden)
                lists[variable].append(_entry(kind, name, fields, dict.fromkeys(hidden, place)))
    return lists, secrets


def _vault(kind: Kind) -> str:
    """Return the name of the variable with the secrets of a kind."""
    return f"vault_airflow_{kind.option}"


def _place(name: str, taken: Collection[str]) -> str:
    """Return an unused key for an object's secrets, without quotes: Jinja in Ansible cannot express a key with one."""
    place = base = re.sub(r"\W", "_", name, flags=re.ASCII)
    number = 1
    while place in taken:
        number += 1
        place = f"{base}_{number}"
    return place


def _entry(kind: Kind, name: str, fields: Fields, hidden: Mapping[str, str]) -> dict[str, Any]:
    """Return one entry of a list; hidden fields become templates that refer to their place among the secrets."""
    entry = {kind.key: _literal(name)}
    for field, value in fields.items():
        if field in hidden:
            entry[field] = f"{{{{ {_vault(kind)}['{hidden[field]}']['{field}'] }}}}"
        elif value is not None:
            entry[field] = _literal(value)
    return entry


def _tells(value: Any) -> bool:
    """Return whether a value holds text, which may be a secret."""
    if isinstance(value, Mapping):
        return any(_tells(item) for item in value.values())
    if isinstance(value, list):
        return any(_tells(item) for item in value)
    return isinstance(value, str)


def _literal(value: Any) -> Any:
    """Return a value in which no text is treated as a template; keys never are."""
    if isinstance(value, Mapping):
        return {key: _literal(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_literal(item) for item in value]
    return Unsafe(value) if isinstance(value, str) and "{" in value else value
