"""What `make test` shows of a long step."""

from __future__ import annotations

import pytest

from tests import run


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
def test_lines_that_say_where_a_step_is_are_shown(line: str, capsys: pytest.CaptureFixture[str]) -> None:
    run.show_progress(0.0, line + "\n")
    assert line.rstrip() in capsys.readouterr().out


@pytest.mark.parametrize("line", ["ok: [airflow1]", "TASK [docker : packages | Install] ***", ""])
def test_other_lines_are_not(line: str, capsys: pytest.CaptureFixture[str]) -> None:
    run.show_progress(0.0, line + "\n")
    assert capsys.readouterr().out == ""


def test_make_test_runs_a_part_of_make_test_full() -> None:
    assert set(run.scenario_names("core")) <= set(run.scenario_names("full"))
