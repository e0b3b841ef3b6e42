"""Steps of `make check` and `make test`: results, counts and logs."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import pytest

from tests import steps
from tests.steps import Result, Step, closing_line

if TYPE_CHECKING:
    from pathlib import Path

REPORT = """<?xml version="1.0"?>
<testsuites><testsuite tests="10" failures="{failures}" errors="1" skipped="2"/></testsuites>
"""


@pytest.fixture
def logs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(steps, "ROOT", tmp_path)
    return tmp_path / "logs"


def python(code: str) -> list[str]:
    return [sys.executable, "-c", code]


def test_the_output_of_a_step_is_logged(logs: Path) -> None:
    lines: list[str] = []
    result = steps.run(Step("two words", python("print('out'); import sys; sys.exit('err')")), logs, lines.append)
    assert (result.ok, result.passed, result.failed) == (False, 0, 1)
    assert result.log == "logs/two_words.log"
    assert sorted((logs / "two_words.log").read_text().split()) == ["err", "out"]
    assert sorted(lines) == ["err\n", "out\n"]


def test_a_missing_program_is_a_failed_step(logs: Path) -> None:
    result = steps.run(Step("none", ["no-such-program"]), logs)
    assert not result.ok
    assert "no-such-program" in (logs / "none.log").read_text()


def test_a_test_runner_counts_each_test(logs: Path, tmp_path: Path) -> None:
    junit = tmp_path / "junit.xml"
    junit.write_text(REPORT.format(failures=3))
    result = steps.run(Step("runner", python("raise SystemExit(1)"), junit=junit), logs)
    assert (result.passed, result.failed) == (4, 4)


def test_a_runner_that_crashes_after_its_tests_has_failed(logs: Path, tmp_path: Path) -> None:
    junit = tmp_path / "junit.xml"
    junit.write_text('<testsuites><testsuite tests="5" failures="0" errors="0" skipped="0"/></testsuites>')
    result = steps.run(Step("runner", python("raise SystemExit(3)"), junit=junit), logs)
    assert result.failed == 1


def test_a_runner_without_a_report_counts_as_one_test(logs: Path, tmp_path: Path) -> None:
    result = steps.run(Step("runner", python(""), junit=tmp_path / "none.xml"), logs)
    assert (result.passed, result.failed) == (1, 0)


def test_the_closing_line_has_the_totals() -> None:
    results = [Result("a", True, 1, 4, 0, ""), Result("b", False, 1, 1, 2, "")]
    assert closing_line(results) == "5 passed, 2 failed"


def test_steps_find_the_programs_of_their_environment() -> None:
    assert steps.environment()["PATH"].startswith(str(steps.VENV_BIN))
