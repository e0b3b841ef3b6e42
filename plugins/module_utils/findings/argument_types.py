"""Check values against an argument spec, as Ansible does it when it runs a role, but with findings."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from ansible.module_utils.common.arg_spec import ArgumentSpecValidator
from ansible.module_utils.parsing.convert_bool import boolean
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.findings.finding import Finding

# What to write for each type of an argument spec.
WRITE = {
    "bool": "true or false",
    "dict": "a dict, as in {name: value}",
    "float": "a number",
    "int": "a whole number",
    "list": "a list, as in [a, b]",
    "path": "a path",
    "str": "a text, in quotes",
}
SCALARS: dict[str, Callable[[Any], Any]] = {"bool": boolean, "float": float, "int": int, "str": str}


def type_problems(values: Mapping[str, Any], spec: Mapping[str, Any]) -> list[Finding]:
    """Return which variables have a value of a type that they cannot have.

    Args:
        values: Variables that are set, by name.
        spec: The ``options`` of a role's entry point, by name of the variable.
    """
    problems = []
    for name, option in spec.items():
        if name not in values:
            if option.get("required"):
                problems.append(Finding("variable-missing", name, f"is not set; write {WRITE[option['type']]}."))
            continue
        value = bare(values[name])
        if value is None and option.get("default") is not None:
            problems.append(Finding("variable-empty", name, "has no value; write one, or remove the line."))
            continue
        result = ArgumentSpecValidator({name: _plain(option)}).validate({name: value})
        usable = _usable(value, option.get("type", "str"))
        if usable and not result.error_messages:
            continue
        if usable and option.get("choices") and not isinstance(value, (Mapping, list)):
            choices = ", ".join(map(str, option["choices"]))
            problems.append(Finding("choice-unknown", name, f"{value!r} is not one of {choices}; write one of them."))
        elif usable and _nested(value, option):
            problems.append(Finding("entry-invalid", name, _sentence(result.error_messages)))
        else:
            there = "hidden" if option.get("no_log") else _kind(value)
            text = f"the value is {there}; write {WRITE[option.get('type', 'str')]}."
            problems.append(Finding("type-wrong", name, text))
    return problems


def typed(values: Mapping[str, Any], spec: Mapping[str, Any]) -> dict[str, Any]:
    """Return values with the types that the spec asks for: with -e and in INI files, numbers and Booleans are texts.

    Args:
        values: As of `type_problems`.
        spec: As of `type_problems`.

    Returns:
        All values; those of a wrong type, which `type_problems` reports, as they are.
    """
    return {name: _typed(value, spec.get(name, {}).get("type", "raw")) for name, value in values.items()}


def _typed(value: Any, kind: str) -> Any:
    if kind not in SCALARS or not _usable(value, kind) or value is None:
        return value
    try:
        return SCALARS[kind](bare(value))
    except (TypeError, ValueError):
        return value


def _usable(value: Any, kind: str) -> bool:
    """Return whether a role can use a value as it is. Ansible's validator converts more, but only for itself."""
    if kind in ("list", "dict"):
        return value is None or isinstance(value, list if kind == "list" else Mapping)
    return kind in ("bool", "raw") or not isinstance(value, (bool, list, Mapping))


def bare(value: Any) -> Any:
    """Return a value without what Ansible knows about it: the validator copies values, and copies of that take long.

    Args:
        value: A value of a variable.
    """
    if isinstance(value, Mapping):
        return {bare(key): bare(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [bare(item) for item in value]
    # Before int, of which bool is a subclass.
    for kind in (bool, int, float, str):
        if isinstance(value, kind):
            return kind(value)
    return value


def _plain(option: Mapping[str, Any]) -> dict[str, Any]:
    """Return what of an option's spec the validator understands."""
    known = ("type", "elements", "choices", "options", "required")
    plain = {name: bare(option[name]) for name in known if name in option}
    if "options" in plain:
        plain["options"] = {name: _plain(each) for name, each in plain["options"].items()}
    return plain


def _nested(value: Any, option: Mapping[str, Any]) -> bool:
    """Return whether the value itself has the right type, so that something in it has not."""
    own = {"type": option.get("type", "str")}
    return not ArgumentSpecValidator({"value": own}).validate({"value": value}).error_messages


def _sentence(messages: Sequence[str]) -> str:
    """Return what Ansible says of entries of a list or dict, without the values: they may be secrets."""
    texts = [re.sub(r"(unable to convert to \w+): .*", r"\1", message).rstrip(".") for message in messages]
    return f"{'; '.join(texts)}; correct the entry."


def _kind(value: Any) -> str:
    """Return in words the type of a value."""
    if isinstance(value, Mapping):
        return "a dict"
    if isinstance(value, list):
        return "a list"
    # Long texts may be keys.
    return repr(value) if len(str(value)) <= 40 else "a long text"
