"""Names that Airflow 3 no longer has, in code and templates that run only in tasks."""

from __future__ import annotations

from pathlib import Path

import pytest
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.dag_check.removed import (
    RuffError,
    removed,
    ruff,
)

from tests.steps import ROOT, VENV_BIN

FUNCTION = "def f(**kwargs):\n    {}\n"


@pytest.mark.parametrize(
    ("name", "text", "found"),
    [
        ("a.py", 'x = "{{ execution_date }}"', ["a.py:1 [template] Airflow 3 has no execution_date"]),
        ("a.py", 'x = "a {{ ds }}\\n{% if next_ds %}"', ["a.py:1 [template] Airflow 3 has no next_ds in"]),
        ("a.py", 'x = """\nselect {{\n ti.execution_date }}"""', ["a.py:2 [template] Airflow 3 has no execution_date"]),
        ("a.py", "x = f'{{{{ prev_ds }}}} {y}'", ["a.py:1 [template] Airflow 3 has no prev_ds in"]),
        ("sql/a.sql", "\n{{ dag_run.execution_date }}", ["sql/a.sql:2 [template]"]),
        ("a.py", FUNCTION.format('kwargs["next_ds"]'), ["a.py:2 [context] Airflow 3 does not pass next_ds"]),
        ("a.py", FUNCTION.format('kwargs.get("execution_date", None)'), ["a.py:2 [context]"]),
        ("a.py", "def f(context):\n    context['prev_ds']", ["a.py:2 [context]"]),
        ("a.py", "async def f(execution_date, **_):\n    pass", ["a.py:1 [context]"]),
        ("a.py", "from airflow.utils.session import provide_session", ["a.py:1 [database]"]),
        ("a.py", "from airflow.settings import Session", ["a.py:1 [database]"]),
        ("a.py", "from airflow import settings\nsettings.Session()", ["a.py:2 [database]"]),
    ],
)
def test_a_use(tmp_path: Path, name: str, text: str, found: list[str]) -> None:
    (tmp_path / name).parent.mkdir(exist_ok=True)
    (tmp_path / name).write_text(text, encoding="utf-8")
    lines = removed(tmp_path)
    assert len(lines) == len(found)
    assert all(line.startswith(start) for line, start in zip(lines, found, strict=True)), lines


@pytest.mark.parametrize(
    ("name", "text"),
    [
        # What people name so themselves.
        ("a.py", "x = \"{{ params.next_ds }} {{ params['prev_ds'] }} {{ var.value.execution_date }}\""),
        ("a.py", "# {{ execution_date }}\nexecution_date = 1\nrow['execution_date']\n"),
        ("a.py", "def f(execution_date):\n    return rows['next_ds'], rows.get('next_ds'), rows.get()"),
        ("a.py", 'x = "execution_date { execution_date }"'),
        ("a.py", "from requests import Session\nfrom mine import provide_session"),
        ("a.py", "def ("),
        ("a.md", "use logical_date instead of execution_date"),
    ],
)
def test_no_use(tmp_path: Path, name: str, text: str) -> None:
    (tmp_path / name).write_text(text, encoding="utf-8")
    (tmp_path / "data.bin").write_bytes(b"\xff{{ next_ds }}")
    assert removed(tmp_path) == []


def test_the_project_s_own_dags_have_none() -> None:
    assert removed(ROOT / "dags") == []


def test_ruff_that_does_not_know_the_rules(tmp_path: Path) -> None:
    program = tmp_path / "ruff"
    program.write_text("#!/bin/sh\necho unknown rule selector AIR303 >&2; exit 2\n", encoding="utf-8")
    program.chmod(0o755)
    with pytest.raises(RuffError, match="unknown rule selector"):
        ruff(str(program), tmp_path)
    program.write_text("#!/bin/sh\necho warning: Selection AIR303 has no effect >&2; echo '[]'\n", encoding="utf-8")
    with pytest.raises(RuffError, match="has no effect"):
        ruff(str(program), tmp_path)
    assert ruff(str(VENV_BIN / "ruff"), tmp_path) == []
