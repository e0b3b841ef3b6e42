"""Which of Airflow's options and environment variables the inventory may set, and how it may spell them.

An option of airflow.cfg has the same meaning as the environment variable that is named after it, which wins over the
file. So the same table judges both.
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
# Of options that are no longer read, where they are read instead, as ``section.option``, or nothing: a dict of sections
# by the release from which on that is so, such as ``3`` or ``3.2``.
MovedOptions = Mapping[str, Mapping[str, Mapping[str, str]]]

# What a section or an option may be called: configparser takes a space, a colon or an equals sign for its end, so
# such a name would set an option that was never checked.
_NAME = r"[A-Za-z0-9_.-]+"
_NAME_WORDS = "write letters, digits, dots, dashes and underscores only."


def config_problems(config: Any, version: str, moved: MovedOptions) -> Problems:
    """Return what is wrong with ``airflow_config``.

    Args:
        config: Options of airflow.cfg as a dict of sections.
        version: Value of ``airflow_version``.
        moved: Options that are no longer read.
    """
    if not isinstance(config, Mapping):
        return ["airflow_config: must be a dict of sections, as in core: {parallelism: 16}."]
    problems = []
    places = _places(version, moved)
    for section, options in config.items():
        name = f"airflow_config.{section}"
        if not re.fullmatch(_NAME, str(section)):
            problems.append(f"airflow_config: {str(section)!r} is no name of a section; {_NAME_WORDS}")
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
            yield f"{name}: {str(option)!r} is no name of an option; {_NAME_WORDS}"
        elif lower.count(str(option).lower()) > 1:
            yield f"{name}.{option}: is given twice, in different letter case; write it once."
        elif reason := _reason(section, str(option), version, places):
            yield f"{name}.{option}: {reason}"


def environment_problems(environment: Any, version: str, moved: MovedOptions) -> Problems:
    """Return what is wrong with ``airflow_environment``.

    Args:
        environment: Values by the names of the variables.
        version: Value of ``airflow_version``.
        moved: Options that are no longer read.
    """
    if not isinstance(environment, Mapping):
        return ["airflow_environment: must be a dict of variables, as in {TZ: Europe/Berlin}."]
    problems = []
    places = _places(version, moved)
    for name, value in environment.items():
        reason = _name_reason(str(name), version, places)
        if not reason and not isinstance(value, (str, int, float)):
            reason = f"this is {_kind(value)}; write text in quotes, such as JSON, or '' for an empty value."
        if reason:
            problems.append(f"airflow_environment.{name}: {reason}")
    return problems


def _kind(value: Any) -> str:
    """Return in words what a value is that is no text; YAML makes a date of some texts."""
    # Ansible has types of its own for both.
    kinds: dict[str, Any] = {"no value": type(None), "a dict": Mapping, "a list": Sequence, "a date": datetime.date}
    return next((words for words, kind in kinds.items() if isinstance(value, kind)), "no text")


def given(config: Mapping[str, Any], section: str, option: str) -> Any:
    """Return the value of an option, which Airflow finds in any letter case, or None.

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
    """Return why a variable has no place in the environment, empty if it has one."""
    upper = name.upper()
    if not re.fullmatch(r"[A-Za-z_][A-Za-z0-9_.-]*", name):
        return "this is no name of an environment variable; write letters, digits and underscores."
    managed = next((instead for pattern, instead in MANAGED_VARIABLES.items() if re.fullmatch(pattern, upper)), None)
    if managed:
        return f"this variable is managed by the stack; {managed}."
    reason = _option_reason(upper, version, places) if upper.startswith("AIRFLOW__") else ""
    if not reason and name != upper and upper.startswith(("AIRFLOW__", "AIRFLOW_CONN_", "AIRFLOW_VAR_")):
        reason = f"Airflow reads names in upper case only; write {upper}."
    return reason


def _option_reason(name: str, version: str, places: Mapping[Option, str]) -> str:
    """Return why an option has no place in the environment, empty if it has one.

    Args:
        name: The variable, in upper case.
        version: Value of ``airflow_version``.
        places: Where this release reads options that moved.
    """
    match = re.fullmatch(r"AIRFLOW__(.+?)__(.+)", name)
    if not match:
        return "Airflow ignores it; write AIRFLOW__SECTION__OPTION, or the option in airflow_config."
    section, option = match[1].lower(), match[2].lower()
    read = next((plain for plain in _plain(option) if (section, plain) in READ_OPTIONS), None)
    reason = _reason(section, option, version, places, write="airflow_config.{}")
    if read and not reason:
        variable = READ_OPTIONS[section, read] or f"airflow_config.{section}.{read}"
        reason = f"the stack has to see this option; write it in {variable}."
    return reason


def _reason(section: str, option: str, version: str, places: Mapping[Option, str], write: str = "that") -> str:
    """Return why an option has no place in the inventory, empty if it has one.

    Args:
        section: Its section.
        option: Its name, in any letter case.
        version: Value of ``airflow_version``.
        places: Where this release reads options that moved.
        write: What to write in place of an option that moved, ``{}`` being its new place.
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
    """Yield the option's name, and that of the option that a command or a secrets backend gives with it."""
    yield option.lower()
    if match := re.fullmatch(r"(.+)_(cmd|secret)", option.lower()):
        yield match[1]


def _places(version: str, moved: MovedOptions) -> dict[Option, str]:
    """Return where a release reads the options that it no longer reads where they were."""
    places: dict[Option, str] = {}
    for since in sorted(moved, key=numbers):
        if numbers(since) <= numbers(version):
            places.update(
                {(section, name): at for section, names in moved[since].items() for name, at in names.items()}
            )
    return places


def numbers(version: str) -> list[int]:
    """Return the numbers of a release, such as ``2.5.3``, to compare it with another one."""
    return [int(number) for number in version.split(".")]
