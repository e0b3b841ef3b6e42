"""Checks of the environment variables of Airflow's containers that the inventory sets."""

from __future__ import annotations

import datetime
import re
from collections.abc import Mapping, Sequence
from typing import Any

from ansible_collections.ansible_airflow.airflow.plugins.module_utils.findings.finding import Finding
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.plan.managed_options import (
    MANAGED_VARIABLES,
    READ_OPTIONS,
    Option,
)
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.plan.option_types import value_problem
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.plan.options import (
    MovedOptions,
    Reason,
    places,
    plain_names,
    reason,
)


def environment_problems(environment: Any, version: str, moved: MovedOptions) -> list[Finding]:
    """Return what is wrong with ``airflow_environment``.

    Args:
        environment: Values by variable name.
        version: Value of ``airflow_version``.
        moved: Options that moved or were removed.
    """
    if not isinstance(environment, Mapping):
        text = "must be a dict of variables, as in {TZ: Europe/Berlin}."
        return [Finding("type-wrong", "airflow_environment", text)]
    problems = []
    at = places(version, moved)
    for name, value in environment.items():
        found = _name_reason(str(name), version, at) or value_reason(value) or _typed_reason(str(name), value)
        if found:
            problems.append(Finding(found[0], f"airflow_environment.{name}", found[1]))
    return problems


def _typed_reason(name: str, value: Any) -> Reason | None:
    """Return why Airflow could not read the value of a variable that sets an option."""
    match = re.fullmatch(r"AIRFLOW__(.+?)__(.+)", name)
    text = value_problem(match[1].lower(), match[2].lower(), value) if match else ""
    return ("option-value-invalid", text) if text else None


def value_reason(value: Any) -> Reason | None:
    """Return why a value of an environment variable is refused; nothing if it is accepted.

    Args:
        value: The value; YAML turns some texts into dates.
    """
    if isinstance(value, (str, int, float)):
        return None
    # Ansible has its own types of dicts and lists.
    kinds: dict[str, Any] = {"null": type(None), "a dict": Mapping, "a list": Sequence, "a date": datetime.date}
    kind = next((words for words, kind in kinds.items() if isinstance(value, kind)), "not text")
    return "value-not-text", f"the value is {kind}; write text in quotes, such as JSON, or '' for an empty value."


def _name_reason(name: str, version: str, at: Mapping[Option, str]) -> Reason | None:
    """Return why a variable is refused in the environment; nothing if it is accepted."""
    upper = name.upper()
    if not re.fullmatch(r"[A-Za-z_][A-Za-z0-9_.-]*", name):
        text = "this is not a valid name of an environment variable; write letters, digits and underscores."
        return "name-invalid", text
    managed = next((instead for pattern, instead in MANAGED_VARIABLES.items() if re.fullmatch(pattern, upper)), None)
    if managed:
        return "variable-managed", f"this variable is managed by the stack; {managed}."
    found = _option_reason(upper, version, at) if upper.startswith("AIRFLOW__") else None
    if not found and name != upper and upper.startswith(("AIRFLOW__", "AIRFLOW_CONN_", "AIRFLOW_VAR_")):
        return "letter-case", f"Airflow reads names in upper case only; write {upper}."
    return found


def _option_reason(name: str, version: str, at: Mapping[Option, str]) -> Reason | None:
    """Return why an option is refused in the environment; nothing if it is accepted.

    Args:
        name: The variable, in upper case.
        version: Value of ``airflow_version``.
        at: Where this release reads options that moved.
    """
    match = re.fullmatch(r"AIRFLOW__(.+?)__(.+)", name)
    if not match:
        text = "Airflow ignores it; write AIRFLOW__SECTION__OPTION, or set the option in airflow_config."
        return "option-ignored", text
    section, option = match[1].lower(), match[2].lower()
    if found := reason(section, option, version, at, write="airflow_config.{}"):
        return found
    read = next((plain for plain in plain_names(option) if (section, plain) in READ_OPTIONS), None)
    if not read:
        return None
    variable = READ_OPTIONS[section, read] or f"airflow_config.{section}.{read}"
    return "option-in-environment", f"the stack must read this option; set it in {variable}."
