"""The filter that makes inventory files of what an Airflow holds."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import yaml

Objects = Mapping[str, Mapping[str, Mapping[str, Any]]]


@dataclass(frozen=True)
class Form:
    """How a kind of objects is written in an inventory.

    :ivar variable: the variable that lists the objects
    :ivar key: key of an entry that names the object
    :ivar secret: fields whose values go into the vault file, unless they hold nothing but numbers, booleans and nulls
    :ivar left_out: names of objects that are not for an inventory
    """

    variable: str
    key: str
    secret: Sequence[str] = ()
    left_out: Sequence[str] = ()


FORMS = {
    "connections": Form("airflow_connections", "conn_id", secret=("password", "extra")),
    # The release of the DAG tree is written by role airflow_dags.
    "variables": Form("airflow_variables", "key", secret=("value",), left_out=("airflow_dags_release",)),
    "pools": Form("airflow_pools", "name"),
    # Without passwords: Airflow itself knows nothing but their hashes.
    "users": Form("airflow_users", "username"),
}

INVENTORY = """\
---
# What Airflow on {host} holds, as variables of role airflow: move the lists into your group_vars.
# The secrets are in the other file. Of passwords of users nobody knows more than a digest: a user who shall be made on
# another Airflow needs a password here.
"""
VAULT = """\
---
# Secrets of Airflow on {host}, which the other file names.
# Encrypt this file before it goes anywhere: ansible-vault encrypt FILE
"""


class _Unsafe(str):
    """Text with braces of its own, which Ansible must not take for a template."""

    __slots__ = ()


class _Dumper(yaml.SafeDumper):
    """Writes lists indented as yamllint wants them."""

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:  # noqa: ARG002
        super().increase_indent(flow, False)


_Dumper.add_representer(_Unsafe, lambda dumper, text: dumper.represent_scalar("!unsafe", str(text), style='"'))


def inventory_files(objects: Objects, host: str, left_out: Mapping[str, Sequence[str]] | None = None) -> dict[str, str]:
    """Return the texts of two inventory files that make an Airflow hold these objects.

    :param objects: fields by kind and name, as the module airflow_objects_export returns them
    :param host: inventory name of the host, for the comments
    :param left_out: names of objects by kind that are not to be listed
    :returns: ``inventory`` and ``vault``, YAML texts; the first names the second's variables in place of secrets
    """
    lists: dict[str, list[dict[str, Any]]] = {}
    secrets: dict[str, dict[str, dict[str, Any]]] = {}
    for kind, form in FORMS.items():
        skipped = {*form.left_out, *(left_out or {}).get(kind, ())}
        lists[form.variable] = []
        for name, fields in sorted(objects[kind].items()):
            if name not in skipped:
                hidden = {field: value for field, value in fields.items() if field in form.secret and _tells(value)}
                there = secrets.setdefault(f"vault_{form.variable}", {}) if hidden else {}
                place = _place(name, there)
                there[place] = hidden
                lists[form.variable].append(_entry(form, name, fields, dict.fromkeys(hidden, place)))
    return {
        "inventory": INVENTORY.format(host=host) + _text(lists),
        "vault": VAULT.format(host=host) + _text(secrets),
    }


def _place(name: str, taken: Collection[str]) -> str:
    """Return a free key for an object's secrets: Jinja has no way to write a key with a quote in it inside Ansible."""
    place = base = re.sub(r"\W", "_", name, flags=re.ASCII)
    number = 1
    while place in taken:
        number += 1
        place = f"{base}_{number}"
    return place


def _entry(form: Form, name: str, fields: Mapping[str, Any], hidden: Mapping[str, str]) -> dict[str, Any]:
    """Return one entry of a list; what is hidden becomes a template that names its place in the vault file."""
    entry = {form.key: _literal(name)}
    for field, value in fields.items():
        if field in hidden:
            entry[field] = f"{{{{ vault_{form.variable}['{hidden[field]}']['{field}'] }}}}"
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
    """Return a value in which no text is a template; keys never are."""
    if isinstance(value, Mapping):
        return {key: _literal(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_literal(item) for item in value]
    return _Unsafe(value) if isinstance(value, str) and "{" in value else value


def _text(data: Mapping[str, Any]) -> str:
    """Return YAML."""
    hidden = {name: _literal(value) if name.startswith("vault_") else value for name, value in data.items()}
    return yaml.dump(hidden, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=1000)


class FilterModule:
    """Ansible's entry point."""

    def filters(self) -> dict[str, Any]:
        """Return the filters by name."""
        return {"airflow_inventory_files": inventory_files}
