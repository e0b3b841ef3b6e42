"""With -e and in INI files numbers are texts, with which Jinja does not calculate."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.support.judged import spec

ROOT = Path(__file__).resolve().parents[3]
NUMBERS = [
    name for role in ("airflow", "docker", "projects") for name, row in spec(role).items() if row["type"] == "int"
]
FILES = sorted(
    path for name in ("tasks", "vars", "defaults", "handlers") for path in ROOT.glob(f"roles/*/{name}/**/*.yml")
)


def calculations(text: str) -> list[str]:
    """Return the variables of numbers that an operator is applied to."""
    names = "|".join(NUMBERS)
    return re.findall(rf"\b({names})\b *(?:[-+*/%]|[<>]=?) *[\w(]", text) + re.findall(rf"[-+*/%<>] *({names})\b", text)


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ROOT / "roles")))
def test_variables_are_converted_before_they_are_calculated_with(path: Path) -> None:
    lines = path.read_text(encoding="utf-8").splitlines()
    assert [line for line in lines if not line.lstrip().startswith("#") and calculations(line)] == []


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("{{ airflow_health_timeout + 600 }}", ["airflow_health_timeout"]),
        ("{{ 5 * airflow_web_port }}", ["airflow_web_port"]),
        ("airflow_web_workers > 1", ["airflow_web_workers"]),
        ("{{ (airflow_health_timeout | int) + 600 }}", []),
        ("airflow_web_port: 8080", []),
    ],
)
def test_calculations_are_found(text: str, found: list[str]) -> None:
    assert calculations(text) == found
