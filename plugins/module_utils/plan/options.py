"""Checks of the Airflow options that the inventory sets.

Each option of airflow.cfg has an environment variable with the same meaning, which overrides the file. So the same
tables apply to both; environment.py checks the variables.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from ansible_collections.ansible_airflow.airflow.plugins.module_utils.findings.finding import Finding
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.plan.managed_options import (
    MANAGED_OPTIONS,
    RENAMED_OPTIONS,
    Option,
)
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.plan.option_types import value_problem

# Why something is refused: the id of a finding and its text.
Reason = tuple[str, str]
# New places of options that moved, as ``section.option``, or empty text for removed options: a dict of sections by the
# release with which the change came, such as ``3`` or ``3.2``.
MovedOptions = Mapping[str, Mapping[str, Mapping[str, str]]]

# Valid names of sections and options. configparser ends a name at a space, a colon or an equals sign, so a name with
# one of these would set an option that was never checked.
_NAME = r"[A-Za-z0-9_.-]+"
_NAME_WORDS = "write letters, digits, dots, dashes and underscores only."


def config_problems(config: Any, version: str, moved: MovedOptions) -> list[Finding]:
    """Return what is wrong with ``airflow_config``.

    Args:
        config: Options of airflow.cfg as a dict of sections.
        version: Value of ``airflow_version``.
        moved: Options that moved or were removed.
    """
    if not isinstance(config, Mapping):
        return [Finding("type-wrong", "airflow_config", "must be a dict of sections, as in core: {parallelism: 16}.")]
    problems = []
    at = places(version, moved)
    for section, options in config.items():
        name = f"airflow_config.{section}"
        if not re.fullmatch(_NAME, str(section)):
            text = f"{str(section)!r} is not a valid section name; {_NAME_WORDS}"
            problems.append(Finding("name-invalid", "airflow_config", text))
        elif not isinstance(options, Mapping):
            problems.append(Finding("type-wrong", name, "must be a dict of options, as in core: {parallelism: 16}."))
        else:
            if section != str(section).lower():
                text = f"Airflow reads sections in lower case only; write airflow_config.{section.lower()}."
                problems.append(Finding("letter-case", name, text))
            problems += _section_problems(str(section), options, version, at)
    return problems


def _section_problems(
    section: str, options: Mapping[str, Any], version: str, at: Mapping[Option, str]
) -> Iterator[Finding]:
    """Yield what is wrong with the options of a section."""
    name = f"airflow_config.{section}"
    lower = [str(option).lower() for option in options]
    for number, option in enumerate(options):
        if not re.fullmatch(_NAME, str(option)):
            yield Finding("name-invalid", name, f"{str(option)!r} is not a valid option name; {_NAME_WORDS}")
        elif lower[number] in lower[:number]:
            text = "is set twice, in different letter case; set it once."
            yield Finding("option-duplicate", f"{name}.{option}", text)
        elif found := reason(section, str(option), version, at):
            yield Finding(found[0], f"{name}.{option}", found[1])
        elif text := value_problem(section, lower[number], options[option]):
            yield Finding("option-value-invalid", f"{name}.{option}", text)


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


def reason(section: str, option: str, version: str, at: Mapping[Option, str], write: str = "that") -> Reason | None:
    """Return why an option is refused in the inventory; nothing if it is accepted.

    Args:
        section: Its section.
        option: Its name, in any letter case.
        version: Value of ``airflow_version``.
        at: Where this release reads options that moved.
        write: What to write instead of an option that moved; ``{}`` stands for its new place.
    """
    for plain in plain_names(option):
        found = (section.lower(), plain)
        if found in MANAGED_OPTIONS:
            return "option-managed", f"this option is managed by the stack; {MANAGED_OPTIONS[found]}."
        place = at.get(found, RENAMED_OPTIONS.get(found))
        if place:
            return "option-moved", f"Airflow {version} reads it as {place}; write {write.format(place)}."
        if place is not None:
            return "option-removed", f"Airflow {version} has no such option; remove it."
    return None


def plain_names(option: str) -> Iterator[str]:
    """Yield the option's name, and without ``_cmd`` or ``_secret`` the name of the option that it sets.

    Args:
        option: Its name, in any letter case.
    """
    yield option.lower()
    if match := re.fullmatch(r"(.+)_(cmd|secret)", option.lower()):
        yield match[1]


def places(version: str, moved: MovedOptions) -> dict[Option, str]:
    """Return the new places of the options that moved up to a release.

    Args:
        version: The release.
        moved: Options that moved or were removed.
    """
    found: dict[Option, str] = {}
    for since in sorted(moved, key=numbers):
        if numbers(since) <= numbers(version):
            found.update({(section, name): at for section, names in moved[since].items() for name, at in names.items()})
    return found


def numbers(version: str) -> list[int]:
    """Return the numbers of a release, such as ``2.5.3``, for comparing it with another one."""
    return [int(number) for number in version.split(".")]
