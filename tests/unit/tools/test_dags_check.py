"""Errors of `make dags-check` if it cannot run, and its output for a report."""

from __future__ import annotations

import copy
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests import dags_check

REPORT: dict[str, Any] = {
    "exists": True,
    "files": [
        {
            "file": "a.py",
            "seconds": 0.1,
            "errors": [{"text": "E: x", "file": "a.py", "line": 2, "dag_id": None, "kind": "import", "timeout": False}],
            "dags": [],
        }
    ],
}


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Directory of the environment, which does not exist yet."""
    monkeypatch.setattr(dags_check.Release, "place", tmp_path / "build" / "2.5")
    monkeypatch.setattr(dags_check, "ROOT", tmp_path)
    return tmp_path / "build" / "2.5"


@pytest.fixture
def release(tmp_path: Path) -> dags_check.Release:
    lock = tmp_path / "airflow.txt"
    lock.write_text("apache-airflow==2.5.3\n")
    return dags_check.Release("2.5.3", lock, "3.9")


def answer(code: int = 0, out: str = "", err: str = "") -> subprocess.CompletedProcess[str]:
    return subprocess.CompletedProcess([], code, out, err)


def test_releases_are_those_with_a_lock() -> None:
    release = dags_check.releases()["2.5.3"]
    assert (release.python, release.lock.name) == ("3.9", "airflow-2.5.txt")
    assert release.lock.exists()
    assert release.place.parts[-3:] == ("build", "airflow", "2.5")


def test_the_error_for_an_unavailable_python_says_what_to_do(
    place: Path, release: dags_check.Release, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert not place.exists()
    monkeypatch.setattr(dags_check, "uv", lambda *_: answer(2, err="error: no download\n  Caused by: no network\n"))
    with pytest.raises(dags_check.CheckError) as caught:
        dags_check.prepare(release, "3.9")
    assert str(caught.value) == (
        "Airflow 2.5.3 needs Python 3.9, but uv finds no 3.9 on this machine and cannot download it "
        "(Caused by: no network). Install it and run make dags-check AIRFLOW_PYTHON=/path/to/python3.9"
    )


def fake_uv(interpreter: str, fail: str = "") -> Any:
    """Return a stand-in for uv that creates an environment as a link to a Python interpreter."""

    def uv(*argv: str) -> subprocess.CompletedProcess[str]:
        if argv[0] == "venv":
            path = Path(argv[-1]) / "bin" / "python"
            path.parent.mkdir(parents=True)
            path.symlink_to(interpreter)
        return answer(1, err=fail) if argv[0] == "pip" and fail else answer()

    return uv


def test_another_python_is_refused(place: Path, release: dags_check.Release, monkeypatch: pytest.MonkeyPatch) -> None:
    assert place
    monkeypatch.setattr(dags_check, "uv", fake_uv(sys.executable))
    with pytest.raises(
        dags_check.CheckError, match=r"is Python 3\.\d+, but the lock of Airflow 2.5.3 is for Python 3.9"
    ):
        dags_check.prepare(release, sys.executable)


def test_a_failed_installation_of_packages_is_reported(
    place: Path, release: dags_check.Release, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    assert place
    python = tmp_path / "python"
    python.write_text("#!/bin/sh\necho 3.9\n")
    python.chmod(0o755)
    monkeypatch.setattr(dags_check, "uv", fake_uv(str(python), "no matching distribution"))
    with pytest.raises(dags_check.CheckError, match=r"of Airflow 2\.5\.3 cannot be installed: no matching"):
        dags_check.prepare(release, "3.9")


def test_an_environment_is_made_once(place: Path, release: dags_check.Release, monkeypatch: pytest.MonkeyPatch) -> None:
    interpreter = place / "venv" / "bin" / "python"
    interpreter.parent.mkdir(parents=True)
    interpreter.touch()
    (place / "made-from").write_text(dags_check.digest(release))
    monkeypatch.setattr(dags_check, "uv", lambda *_: pytest.fail("made again"))
    assert dags_check.prepare(release, "3.9") == interpreter
    release.lock.write_text("apache-airflow==2.5.4\n")
    with pytest.raises(pytest.fail.Exception, match="made again"):
        dags_check.prepare(release, "3.9")


def test_the_facts_match_the_defaults_of_the_roles() -> None:
    facts = dags_check.context(5)
    assert facts["project"] == "airflow"
    assert {"postgres", "worker", "scheduler", "cli"} <= set(facts["services"])
    assert (facts["airflow_directory"], facts["projects_directory"]) == (
        "/usr/local/projects/airflow",
        "/usr/local/projects",
    )
    told = dags_check.environment(dags_check.releases()["2.5.3"], Path("/h"))
    assert (told["AIRFLOW_STACK_NETWORK"], told["AIRFLOW_STACK_PROJECTS"]) == ("airflow", "/usr/local/projects")


@pytest.mark.parametrize(("given", "told"), [("/srv/p", "/srv/p"), ("", "/usr/local/projects")])
def test_the_directory_of_the_projects_can_be_given(monkeypatch: pytest.MonkeyPatch, given: str, told: str) -> None:
    monkeypatch.setenv("AIRFLOW_STACK_PROJECTS", given)
    assert dags_check.context(5)["projects_directory"] == told
    release = dags_check.releases()["2.5.3"]
    assert dags_check.environment(release, Path("/h"))["AIRFLOW_STACK_PROJECTS"] == told


def run(monkeypatch: pytest.MonkeyPatch, *argv: str, report: Any = None) -> int:
    monkeypatch.setattr(sys, "argv", ["dags_check", *argv])
    monkeypatch.setattr(dags_check, "prepare", lambda *_: Path("python"))
    monkeypatch.setattr(dags_check, "load", lambda *_: report or REPORT)
    return dags_check.main()


def test_prints_findings_and_rules_that_were_not_checked(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    assert run(monkeypatch, str(tmp_path)) == 1
    first, *rest = capsys.readouterr().out.splitlines()
    assert first.startswith("a.py:2 [import-error] Airflow cannot load it: E: x.")
    assert "dags-check: not checked: image-missing, because this requires the Docker engine of a host" in rest
    assert rest[-1].startswith("dags-check: 1 files with 0 DAGs, Airflow 2.5.3, Python 3.9, ")
    assert rest[-1].endswith(" s: 1 findings")


def test_explains_how_to_provide_variables_that_a_file_reads(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    report = copy.deepcopy(REPORT)
    report["files"][0]["errors"][0]["text"] = "KeyError: 'Variable env does not exist'"
    assert run(monkeypatch, str(tmp_path), report=report) == 1
    assert (
        "dags-check: this check has no database from which to read 'env'; set it in the environment: AIRFLOW_VAR_ENV"
        in (capsys.readouterr().out)
    )


@pytest.mark.parametrize(
    ("argv", "words"),
    [
        (["/nowhere/at/all"], "there is no directory /nowhere/at/all"),
        (["--skip", "import-error"], "import-error cannot be disabled"),
        (["--skip", "a,b"], "there is no rule 'b'"),
    ],
)
def test_invalid_arguments_are_refused(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], argv: list[str], words: str
) -> None:
    assert run(monkeypatch, *argv) == 2
    assert words in capsys.readouterr().out


def test_without_findings(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setitem(REPORT, "files", [])
    assert run(monkeypatch, str(tmp_path)) == 0


def test_features_removed_in_airflow_3_are_named(tmp_path: Path) -> None:
    old = "from airflow import DAG\nfrom airflow.operators.dummy import DummyOperator\n\n"
    old += 'with DAG("old", schedule_interval="@daily"):\n    DummyOperator(task_id="a")\n'
    guarded = "try:\n    from airflow.operators.python import PythonOperator\nexcept ImportError:\n    pass\n"
    (tmp_path / "old.py").write_text(old)
    (tmp_path / "guarded.py").write_text(guarded)
    found = dags_check.removed(tmp_path)
    assert [line.split("]")[0] for line in found] == ["old.py:4 [AIR301", "old.py:5 [AIR302"]
    assert "schedule_interval" in found[0]
