"""Booleans from users: `-e airflow_tls=true` and INI inventories give a string, which conditions do not accept."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

ROLES = Path(__file__).resolve().parents[3] / "roles"


def booleans() -> set[str]:
    """Public Boolean variables of all roles."""
    specs = [yaml.safe_load(path.read_text("utf-8")) for path in ROLES.glob("*/meta/argument_specs.yml")]
    options = [entry.get("options") or {} for spec in specs for entry in spec["argument_specs"].values()]
    return {name for found in options for name, option in found.items() if option["type"] == "bool"}


def uses(name: str) -> Iterator[tuple[str, str]]:
    """Uses of a variable in roles: file and line."""
    for part in ("tasks", "vars", "templates", "handlers"):
        for path in sorted(ROLES.glob(f"*/{part}/**/*.*")):
            for line in path.read_text("utf-8").splitlines():
                if re.search(rf"\b{name}\b", line) and not line.strip().startswith("#"):
                    yield f"{path.relative_to(ROLES)}", line.strip()


@pytest.mark.parametrize("name", sorted(booleans()))
def test_a_boolean_is_converted_unless_a_module_takes_it(name: str) -> None:
    """A module's argument spec and `no_log` accept strings for true and false; conditions and Python do not."""
    # "-e NAME=" occurs in instructions to the user.
    taken = re.compile(rf"^\w+: \"\{{\{{ {name} \}}\}}\"$|{name}(?: \| default\(false\))? \| bool\b|-e {name}=")
    assert [(path, line) for path, line in uses(name) if not taken.search(line)] == []
