"""The steps of `make test`, and the progress it shows of a long step."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import pytest

from tests import budget, run, tables
from tests.budget import Budget
from tests.steps import Result

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize(
    "line",
    [
        "INFO     [default > converge] Executing",
        "INFO     [default > converge] Executed: Successful",
        "PLAY [Install the Docker engine] ****",
        "fatal: [airflow1]: FAILED! => ",
        "airflow1 : ok=96 changed=0 unreachable=0 failed=0",
        "tests/objects/test_info.py::test_version FAILED [ 10%]",
    ],
)
def test_progress_lines_of_a_step_are_shown(line: str, capsys: pytest.CaptureFixture[str]) -> None:
    run.show_progress(0.0, line + "\n")
    assert line.rstrip() in capsys.readouterr().out


@pytest.mark.parametrize("line", ["ok: [airflow1]", "TASK [docker : packages | Install] ***", ""])
def test_other_lines_are_not_shown(line: str, capsys: pytest.CaptureFixture[str]) -> None:
    run.show_progress(0.0, line + "\n")
    assert capsys.readouterr().out == ""


def test_make_test_runs_a_subset_of_make_test_full() -> None:
    whole = {name.removesuffix(" short") for name in run.scenario_names("core")}
    assert whole <= set(run.scenario_names("full"))


@pytest.mark.parametrize(
    ("entry", "variables"),
    [
        ("host", {}),
        ("default 3.3.2", {"AIRFLOW_VERSION": "3.3.2"}),
        ("default short", {"VERIFY_SHORT": "1"}),
        ("default 3.3.2 short", {"AIRFLOW_VERSION": "3.3.2", "VERIFY_SHORT": "1"}),
        ("survival boot", {"VERIFY_PART": "boot"}),
        ("survival boot 3.3.2", {"VERIFY_PART": "boot", "AIRFLOW_VERSION": "3.3.2"}),
    ],
)
def test_variables_of_a_scenario(entry: str, variables: dict[str, str]) -> None:
    step = run.scenario_step(entry)
    assert (step.name, step.argv[-1], step.variables) == (f"scenario {entry}", entry.partition(" ")[0], variables)


def test_newest_and_other_releases_come_from_the_release_table(monkeypatch: pytest.MonkeyPatch) -> None:
    rows = {series: {"tested": f"{series}.1"} for series in ("1.0", "1.1", "2.0", "2.1")}
    monkeypatch.setattr(tables, "releases", lambda: rows)
    monkeypatch.setattr(tables, "default_release", lambda: "1.0.1")
    assert "upgraded 2.1.1 short" in run.scenario_names("core")
    full = run.scenario_names("full")
    stacks = ["default", "default 1.1.1", "default 2.0.1", "default 2.1.1"]
    assert [entry for entry in full if entry.startswith("default")] == stacks
    # `others` excludes releases that another entry names.
    assert run.with_releases("a others", ["a 2.0.1", "b 1.1.1"]) == ["a 1.1.1", "a 2.1.1"]
    assert "cluster 2.1.1" in full
    assert list(run.listed()["core_modules"]) == ["2.1.1"]


def test_the_parts_of_a_scenario_are_all_its_test_files() -> None:
    parts: dict[str, set[str]] = {}
    for entry in run.scenario_names("full"):
        variables = run.scenario_step(entry).variables
        if run.PART in variables:
            parts.setdefault(entry.split()[0], set()).add(f"test_{variables[run.PART]}.py")
    files = {name: {path.name for path in (run.ROOT / "tests" / name).glob("test_*.py")} for name in parts}
    assert parts == files != {}


BUDGET = Budget(50.0, {"check": 1.0, "scenario host": 2.0, "scenario local": 3.0}, yardstick=10.0)


def test_every_step_of_make_test_has_recorded_minutes_and_they_are_within_the_limit() -> None:
    recorded = budget.read(run.listed())
    assert list(recorded.minutes) == [run.CHECK, *(step.name for step in run.long_steps("core"))]
    assert sum(recorded.minutes.values()) <= recorded.limit == 50


def test_the_minutes_of_each_step_are_shown_with_the_recorded_ones() -> None:
    assert [line.split() for line in BUDGET.table({"check": 90, "scenario host": 60})] == [
        ["check", "1.5", "recorded", "1.0", "+0.5"],
        ["scenario", "host", "1.0", "recorded", "2.0", "-1.0"],
        ["total", "2.5", "limit", "50.0", "-47.5"],
    ]


def test_slow_steps_within_the_limit_are_no_failure() -> None:
    spent = {"check": 20 * 60.0, "scenario host": 30 * 60.0}
    assert BUDGET.problem(spent) == ""
    assert BUDGET.result(spent) == Result("time budget", True, 3000.0, 1, 0, "")


def test_above_the_limit_slower_steps_are_named_largest_increase_first() -> None:
    spent = {"check": 120.0, "scenario host": 2700.0, "scenario local": 60.0, "scenario new": 600.0}
    lines = BUDGET.problem(spent).splitlines()
    assert lines[0] == "time budget: `make test` took 58.0 minutes, 8.0 above the limit of 50.0 for this machine."
    assert lines[2:5] == [
        "  scenario host: 45.0 minutes, recorded 2.0 (+43.0)",
        "  scenario new: 10.0 minutes, recorded 0.0 (+10.0)",
        "  check: 2.0 minutes, recorded 1.0 (+1.0)",
    ]
    assert "the machine was busy" in lines[5]
    assert BUDGET.result(spent) == Result("time budget", False, 3480.0, 0, 1, "")


def test_recorded_minutes_above_the_limit_are_named() -> None:
    assert "the recorded minutes alone add up to 60.0" in Budget(50.0, {"check": 60.0}, 1.0).problem({"check": 3001.0})


@pytest.mark.parametrize(
    ("seconds", "limit"),
    [([10.0, 10.0], 50.0), ([12.0, 14.0], 65.0), ([2.0, 3.0], 50.0), ([10.0, 90.0], 75.0)],
)
def test_the_limit_is_raised_for_a_slower_machine_and_never_lowered(seconds: list[float], limit: float) -> None:
    slower = BUDGET.on(seconds)
    assert (slower.limit, slower.minutes) == (limit, BUDGET.minutes)
    assert slower.problem({"check": limit * 60}) == ""
    assert f"above the limit of {limit:.1f}" in slower.problem({"check": limit * 60 + 60})


@pytest.mark.parametrize(
    ("listed", "says"),
    [
        ({"minutes": {"check": 1}, "yardstick": 9}, "'limit': None"),
        ({"limit": 50, "minutes": {"check": 1}}, "'yardstick': None"),
        ({"limit": 0, "minutes": {"check": 1}}, "'limit': 0"),
        ({"limit": True, "minutes": {"check": 1}}, "'limit': True"),
        ({"limit": 50}, "'minutes': 'None'"),
        ({"limit": 50, "minutes": [1]}, r"'minutes': '\[1\]'"),
        ({"limit": 50, "minutes": 5}, "'minutes': '5'"),
        ({"limit": 50, "minutes": {"check": "two"}}, "'check': 'two'"),
        ({"limit": 50, "minutes": {"check": -1}}, "'check': -1"),
    ],
)
def test_a_budget_without_numbers_is_refused(listed: dict[str, Any], says: str) -> None:
    with pytest.raises(ValueError, match=says):
        budget.read(listed)


@pytest.mark.parametrize(("limit", "ends"), [(50, (0, "2 passed, 0 failed")), (1e-9, (1, "1 passed, 1 failed"))])
def test_the_last_line_counts_the_budget_as_a_step(
    limit: float,
    ends: tuple[int, str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """.ci/run reads the last line of `make test`. A program that exits immediately replaces the scenarios."""
    monkeypatch.setattr(sys, "argv", ["run", "core"])
    monkeypatch.setattr("tests.steps.ROOT", tmp_path)
    monkeypatch.setattr(run, "LOGS", tmp_path / "logs")
    monkeypatch.setattr(run, "run_checks", list)
    monkeypatch.setattr(run, "listed", lambda: {"limit": limit, "minutes": {"scenario host": 2}, "yardstick": 9})
    monkeypatch.setattr(run, "YARDSTICK", run.Step("yardstick", [sys.executable, "-c", ""]))
    monkeypatch.setattr(run, "long_steps", lambda *_arguments: [run.Step("scenario host", [sys.executable, "-c", ""])])
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    code = run.main()
    output = capsys.readouterr().out.splitlines()
    assert (code, output[-1]) == ends
    assert any(line.startswith("scenario host ") and "recorded   2.0" in line for line in output)
    assert any("above the limit" in line for line in output) is bool(code)
