"""The list of hosts of a scenario."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from tests import tables
from tests.lab.names import MAKER, SHARED
from tests.lab.shell import LabError

KEYS = {"name", "groups", "without", "serves", "starts_from", "vars"}
# Group name that means the groups of all services of the stack.
ALL = "all"
# A host starts as a bare server, or with the engine and the images installed.
BARE, TEMPLATE = "bare", "template"
NAME = re.compile(r"[a-z0-9]([a-z0-9-]{0,30}[a-z0-9])?")


@dataclass(frozen=True)
class Platform:
    """A host or, with `serves`, a server of the lab itself."""

    name: str
    groups: tuple[str, ...] = ()
    serves: str = ""
    variables: Mapping[str, Any] = field(default_factory=dict)
    starts_from: str = BARE


def check_name(name: str, what: str) -> str:
    """Check that a name is a valid host name and not reserved, and return it."""
    if not NAME.fullmatch(name) or name in {SHARED, MAKER}:
        rule = f"at most 32 lowercase letters, digits and dashes, and neither '{SHARED}' nor '{MAKER}'"
        raise LabError(f"{what} '{name}' cannot be used: write {rule}")
    return name


def read(path: Path) -> list[Platform]:
    """Read the platforms of a file such as molecule.yml."""
    try:
        document = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, yaml.YAMLError) as error:
        raise LabError(f"{path} cannot be read: {error}") from error
    rows = document.get("platforms") if isinstance(document, dict) else None
    if not isinstance(rows, list) or not rows:
        raise LabError(f"{path} has no list 'platforms'; write an entry per host: {{name: airflow1, groups: [...]}}")
    found = [_platform(row, path) for row in rows]
    names = [platform.name for platform in found]
    twice = {name for name in names if names.count(name) > 1}
    if twice:
        raise LabError(f"{path} lists a platform twice: {', '.join(sorted(twice))}")
    return found


def _platform(row: Any, path: Path) -> Platform:
    if not isinstance(row, dict) or not isinstance(row.get("name"), str):
        raise LabError(f"{path}: every platform needs a 'name', this one has none: {row!r}")
    name = check_name(row["name"], f"{path}: platform")
    unknown = sorted(set(row) - KEYS)
    if unknown:
        raise LabError(f"{path}: platform '{name}' has unknown keys {unknown}; known are {sorted(KEYS)}")
    if row.get("serves", "feeds") != "feeds":
        raise LabError(f"{path}: platform '{name}' serves '{row['serves']}'; the lab serves 'feeds' only")
    if row.get("starts_from", BARE) not in (BARE, TEMPLATE):  # a tuple, because the value may be an unhashable list
        wanted = f"write '{TEMPLATE}' for a host with the engine and the images, or '{BARE}', the default"
        raise LabError(f"{path}: platform '{name}': 'starts_from' is {row['starts_from']!r}; {wanted}")
    if "serves" in row and "starts_from" in row:
        raise LabError(f"{path}: platform '{name}': 'starts_from' is for hosts; remove it or 'serves'")
    if not isinstance(row.get("vars", {}), dict):
        raise LabError(f"{path}: platform '{name}': 'vars' must be a dict of inventory variables")
    groups = _groups(row, f"{path}: platform '{name}'")
    return Platform(name, groups, row.get("serves", ""), row.get("vars", {}), row.get("starts_from", BARE))


def _groups(row: dict[str, Any], where: str) -> tuple[str, ...]:
    """Groups of a platform, where `all` means those of every service, without the ones in `without`."""
    words, without = row.get("groups") or [], row.get("without") or []
    if not isinstance(words, list) or not isinstance(without, list):
        raise LabError(f"{where}: 'groups' and 'without' must be lists, such as groups: [{ALL}]")
    named = [group for word in words for group in (tables.service_groups() if word == ALL else [word])]
    unknown = sorted(set(without) - set(named))
    if unknown:
        raise LabError(f"{where}: 'without' names {unknown[0]}, which is not one of its groups: {', '.join(named)}")
    return tuple(group for group in dict.fromkeys(named) if group not in without)
