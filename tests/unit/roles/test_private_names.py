"""Every private variable that a role uses is defined in it, or in the role that it depends on."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

ROLES = Path(__file__).resolve().parents[3] / "roles"
NAMES = sorted(path.name for path in ROLES.iterdir() if path.is_dir())
PRIVATE = re.compile(r"(?<![\w.])__[a-z]\w*")


def files(role: str) -> list[Path]:
    """Return the files of a role that hold expressions."""
    return [path for path in (ROLES / role).rglob("*") if path.suffix in {".yml", ".j2"} and "meta" not in path.parts]


def defined(node: Any) -> Iterator[str]:
    """Yield what a file defines: keys, which are variables and facts, and names of results and loop variables."""
    if isinstance(node, dict):
        for key, value in node.items():
            yield str(key)
            if key in ("register", "loop_var", "index_var") and isinstance(value, str):
                yield value
            yield from defined(value)
    elif isinstance(node, list):
        for item in node:
            yield from defined(item)


def definitions(role: str) -> set[str]:
    """Return the names that a role defines."""
    found: set[str] = set()
    for path in files(role):
        if path.suffix == ".yml":
            found |= set(defined(yaml.safe_load(path.read_text(encoding="utf-8"))))
        else:
            # Jinja's own variables.
            found |= set(re.findall(r"\{%-? *(?:for|set) (\w+)", path.read_text(encoding="utf-8")))
    return found


@pytest.mark.parametrize("role", NAMES)
def test_private_names_are_defined(role: str) -> None:
    used = {
        name
        for path in files(role)
        for name in PRIVATE.findall(path.read_text(encoding="utf-8"))
        if not name.endswith("__")
    }
    assert sorted(used - definitions(role) - definitions("airflow")) == []
