"""Check values against an argument spec, as Ansible does it when it runs a role, but with findings."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from ansible_collections.ansible_airflow.airflow.plugins.module_utils.findings.finding import Finding
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.findings.render_errors import render_problem
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.findings.values import bare, usable

Spec = Mapping[str, Any]
# What to write for each type of an argument spec.
WRITE = {
    "bool": "true or false",
    "dict": "a dict, as in {name: value}",
    "float": "a number",
    "int": "a whole number",
    "list": "a list, as in [a, b]",
    "path": "a path",
    "raw": "a value",
    "str": "a text, in quotes",
}
AS_TEXT = {
    "list": """it is text; write ["a", "b"] with quotes in an INI file, and JSON with -e: -e '{"NAME": ["a", "b"]}'.""",
    "dict": """it is text; write {"name": "value"} with quotes in an INI file, and JSON with -e: -e '{"NAME": {}}'.""",
}
# Ansible reads values in INI files as Python literals.
AS_JSON = (
    "it is JSON, and Ansible reads it as text: in an INI file, write True, False and None instead of true, false and "
    """null; with -e, write -e '{"NAME": VALUE}'."""
)


def spec_problems(variables: Mapping[str, Any], spec: Spec, render: Callable[[Any], Any]) -> list[Finding]:
    """Return which variables cannot be rendered, or have a value of a type that they cannot have.

    Args:
        variables: All variables of a host as they are written, with templates.
        spec: The ``options`` of a role's entry point, by name of the variable.
        render: Renders templates; it may return values that render their items later.
    """
    values, problems = {}, []
    for name in spec:
        if name in variables:
            try:
                values[name] = bare(render(variables[name]))
            except Exception as error:  # noqa: BLE001 - a template can raise anything
                problems.append(render_problem(name, error, variables))
    known = {name: option for name, option in spec.items() if name in values or name not in variables}
    return problems + type_problems(values, known)


def type_problems(values: Mapping[str, Any], spec: Spec, at: str = "") -> list[Finding]:
    """Return which variables have a value of a type that they cannot have.

    Args:
        values: Variables that are set, by name.
        spec: The ``options`` of a role's entry point, by name of the variable.
        at: Place of the entry whose fields the values are.
    """
    problems: list[Finding] = []
    for name, option in spec.items():
        place = f"{at}.{name}" if at else name
        if name in values:
            problems += _value(values[name], option, place)
        elif option.get("required"):
            kind = "key-missing" if at else "variable-missing"
            problems.append(Finding(kind, place, f"is not set; write {WRITE[option.get('type', 'str')]}."))
    if at:
        names = ", ".join(spec)
        unknown = sorted(str(name) for name in values if name not in spec)
        problems += [Finding("key-unknown", at, f"the key {key} is unknown; the keys are {names}.") for key in unknown]
    return problems


def _value(value: Any, option: Spec, place: str) -> Iterator[Finding]:
    """Yield what is wrong with the type of a value, and with the fields of its entries."""
    kind = option.get("type", "str")
    if value is None:
        if option.get("default") is not None or option.get("required"):
            yield Finding("variable-empty", place, "has no value; write one, or remove the line.")
    elif value == "" and "." in place and (kind != "str" or option.get("choices")) and not option.get("required"):
        # A template of an optional value leaves it: {{ port | default('') }}.
        return
    elif not usable(value, kind):
        yield Finding("type-wrong", place, _wrong(value, {**option, "no_log": True} if "." in place else option, kind))
    elif option.get("choices") and bare(value) not in option["choices"] and kind != "bool":
        # A password in the wrong field of an entry must not show.
        shown = "this value" if option.get("no_log") or "." in place else repr(bare(value))
        choices = ", ".join(map(str, option["choices"]))
        yield Finding("choice-unknown", place, f"{shown} is not one of {choices}; write one of them.")
    elif kind == "list" and option.get("elements", "raw") != "raw":
        element = {"type": option["elements"], "options": option.get("options"), "no_log": option.get("no_log")}
        for number, entry in enumerate(value):
            yield from _value(entry, {**element, "required": True}, f"{place}[{number}]")
    elif kind == "dict" and option.get("options"):
        yield from type_problems(value, option["options"], place)


def _wrong(value: Any, option: Spec, kind: str) -> str:
    """Return what is wrong with a value of another type. A text where a list or a dict belongs may be a secret."""
    if kind in AS_TEXT and isinstance(value, str) and value.lstrip()[:1] in ("[", "{"):
        return AS_JSON if _is_json(value) else AS_TEXT[kind]
    if isinstance(value, (Mapping, list)):
        there = "a dict" if isinstance(value, Mapping) else "a list"
    elif kind in ("int", "float", "bool") and not option.get("no_log") and len(str(value)) <= 40:
        there = repr(bare(value))
    else:
        there = {bool: "true or false", int: "a number", float: "a number"}.get(type(bare(value)), "a text")
    return f"the value is {there}; write {WRITE[kind]}."


def _is_json(text: str) -> bool:
    """Return whether a text is JSON with words that Python does not know. Ansible reads other JSON in INI files."""
    try:
        json.loads(text)
    except ValueError:
        return False
    return re.search(r"\b(true|false|null)\b", text) is not None
