"""Checks of the Airflow options and environment variables that the inventory sets.

Each option of airflow.cfg has an environment variable with the same meaning, which overrides the file. So the same
tables apply to both.
"""

from __future__ import annotations

import datetime
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from ansible_collections.ansible_airflow.airflow.plugins.module_utils.plan.managed_options import (
    MANAGED_OPTIONS,
    MANAGED_VARIABLES,
    READ_OPTIONS,
    RENAMED_OPTIONS,
    Option,
)

Problems = list[str]
# New places of options that moved, as ``section.option``, or empty text for removed options: a dict of sections by the
# release with which the change came, such as ``3`` or ``3.2``.
MovedOptions = Mapping[str, Mapping[str, Mapping[str, str]]]

# Valid names of sections and options. configparser ends a name at a space, a colon or an equals sign, so a name with
# one of these would set an option that was never checked.
_NAME = r"[A-Za-z0-9_.-]+"
_NAME_WORDS = "write letters, digits, dots, dashes and underscores only."


def config_problems(config: Any, version: str, moved: MovedOptions) -> Problems:
    """Return what is wrong with ``airflow_config``.

    Args:
        config: Options of airflow.cfg as a dict of sections.
        version: Value of ``airflow_version``.
        moved: Options that moved or were removed.
    """
    if not isinstance(config, Mapping):
        return ["airflow_config: must be a dict of sections, as in core: {parallelism: 16}."]
    problems = []
    places = _places(version, moved)
    for section, options in config.items():
        name = f"airflow_config.{section}"
        if not re.fullmatch(_NAME, str(section)):
            problems.append(f"airflow_config: {str(section)!r} is not a valid section name; {_NAME_WORDS}")
        elif not isinstance(options, Mapping):
            problems.append(f"{name}: must be a dict of options, as in core: {{parallelism: 16}}.")
        else:
            if section != str(section).lower():
                problems.append(
                    f"{name}: Airflow reads sections in lower case only; write airflow_config.{section.lower()}."
                )
            problems += _section_problems(str(section), options, version, places)
    return problems


def _section_problems(
    section: str, options: Mapping[str, Any], version: str, places: Mapping[Option, str]
) -> Iterator[str]:
    """Yield what is wrong with the options of a section."""
    name = f"airflow_config.{section}"
    lower = [str(option).lower() for option in options]
    for option in options:
        if not re.fullmatch(_NAME, str(option)):
            yield f"{name}: {str(option)!r} is not a valid option name; {_NAME_WORDS}"
        elif lower.count(str(option).lower()) > 1:
            yield f"{name}.{option}: is set twice, in different letter case; set it once."
        elif reason := _reason(section, str(option), version, places):
            yield f"{name}.{option}: {reason}"


def environment_problems(environment: Any, version: str, moved: MovedOptions) -> Problems:
    """Return what is wrong with ``airflow_environment``.

    Args:
        environment: Values by variable name.
        version: Value of ``airflow_version``.
        moved: Options that moved or were removed.
    """
    if not isinstance(environment, Mapping):
        return ["airflow_environment: must be a dict of variables, as in {TZ: Europe/Berlin}."]
    problems = []
    places = _places(version, moved)
    for name, value in environment.items():
        reason = _name_reason(str(name), version, places)
        if not reason and not isinstance(value, (str, int, float)):
            reason = f"the value is {_kind(value)}; write text in quotes, such as JSON, or '' for an empty value."
        if reason:
            problems.append(f"airflow_environment.{name}: {reason}")
    return problems


def _kind(value: Any) -> str:
    """Return in words the type of a value that is not text; YAML turns some texts into dates."""
    # Ansible has its own types of dicts and lists.
    kinds: dict[str, Any] = {"null": type(None), "a dict": Mapping, "a list": Sequence, "a date": datetime.date}
    return next((words for words, kind in kinds.items() if isinstance(value, kind)), "not text")


def given(config: Mapping[str, Any], section: str, option: str) -> Any:
    """Return the value of an option, whatever its letter case, or None.

    Args:
        config: Value of ``airflow_config``.
        section: The section.
        option: The option, in lower case.
    """
    options = config.get(section)
    if not isinstance(options, Mapping):
        return None
    return next((value for name, value in options.items() if str(name).lower() == option), None)


def _name_reason(name: str, version: str, places: Mapping[Option, str]) -> str:
    """Return why a variable is refused in the environment; empty if it is accepted."""
    upper = name.upper()
    if not re.fullmatch(r"[A-Za-z_][A-Za-z0-9_.-]*", name):
        return "this is not a valid name of an environment variable; write letters, digits and underscores."
    managed = next((instead for pattern, instead in MANAGED_VARIABLES.items() if re.fullmatch(pattern, upper)), None)
    if managed:
        return f"this variable is managed by the stack; {managed}."
    reason = _option_reason(upper, version, places) if upper.startswith("AIRFLOW__") else ""
    if not reason and name != upper and upper.startswith(("AIRFLOW__", "AIRFLOW_CONN_", "AIRFLOW_VAR_")):
        reason = f"Airflow reads names in upper case only; write {upper}."
    return reason


def _option_reason(name: str, version: str, places: Mapping[Option, str]) -> str:
    """Return why an option is refused in the environment; empty if it is accepted.

    Args:
        name: The variable, in upper case.
        version: Value of ``airflow_version``.
        places: Where this release reads options that moved.
    """
    match = re.fullmatch(r"AIRFLOW__(.+?)__(.+)", name)
    if not match:
        return "Airflow ignores it; write AIRFLOW__SECTION__OPTION, or set the option in airflow_config."
    section, option = match[1].lower(), match[2].lower()
    read = next((plain for plain in _plain(option) if (section, plain) in READ_OPTIONS), None)
    reason = _reason(section, option, version, places, write="airflow_config.{}")
    if read and not reason:
        variable = READ_OPTIONS[section, read] or f"airflow_config.{section}.{read}"
        reason = f"the stack must read this option; set it in {variable}."
    return reason


def _reason(section: str, option: str, version: str, places: Mapping[Option, str], write: str = "that") -> str:
    """Return why an option is refused in the inventory; empty if it is accepted.

    Args:
        section: Its section.
        option: Its name, in any letter case.
        version: Value of ``airflow_version``.
        places: Where this release reads options that moved.
        write: What to write instead of an option that moved; ``{}`` stands for its new place.
    """
    for plain in _plain(option):
        found = (section.lower(), plain)
        if found in MANAGED_OPTIONS:
            return f"this option is managed by the stack; {MANAGED_OPTIONS[found]}."
        place = places.get(found, RENAMED_OPTIONS.get(found))
        if place:
            return f"Airflow {version} reads it as {place}; write {write.format(place)}."
        if place is not None:
            return f"Airflow {version} has no such option; remove it."
    return ""


def _plain(option: str) -> Iterator[str]:
    """Yield the option's name, and without ``_cmd`` or ``_secret`` the name of the option that it sets."""
    yield option.lower()
    if match := re.fullmatch(r"(.+)_(cmd|secret)", option.lower()):
        yield match[1]


def _places(version: str, moved: MovedOptions) -> dict[Option, str]:
    """Return the new places of the options that moved up to a release."""
    places: dict[Option, str] = {}
    for since in sorted(moved, key=numbers):
        if numbers(since) <= numbers(version):
            places.update(
                {(section, name): at for section, names in moved[since].items() for name, at in names.items()}
            )
    return places


def numbers(version: str) -> list[int]:
    """Return the numbers of a release, such as ``2.5.3``, for comparing it with another one."""
    return [int(number) for number in version.split(".")]
