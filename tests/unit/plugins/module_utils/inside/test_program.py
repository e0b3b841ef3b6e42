"""The program for Airflow's containers, run here with a small package that stands in for Airflow."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.containers import program
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.inside import (
    connections,
    encryption,
    info,
    pools,
    roles,
    users,
    variables,
)
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.inside.dags import check, refresh
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.inside.main import MARK

PROGRAMS = (connections, variables, pools, roles, users, encryption, info, check, refresh)

AIRFLOW = '''
"""Stands in for Airflow: one command, `say`, and noise."""
import argparse, os, sys, warnings
print("noise at import")
class Parser:
    def parse_args(self, argv):
        return argparse.Namespace(argv=argv, func=say)
def get_parser():
    return Parser()
def say(args):
    print("out", *args.argv[1:])
    print("complaint", file=sys.stderr)
    os.write(1, b"noise of C code\\n")
    warnings.warn("noise")
    if args.argv[0] == "file":
        path = args.argv[-1]
        directory = os.path.dirname(path)
        print(oct(os.stat(path).st_mode)[-3:], oct(os.stat(directory).st_mode)[-3:], open(path).read(), directory)
    if args.argv[0] == "exit":
        raise SystemExit(args.argv[1] if args.argv[1:] else 1)
    if args.argv[0] == "write":
        with open(args.argv[-1], "w") as file:
            file.write('{"mode": "%s"}' % oct(os.stat(os.path.dirname(args.argv[-1])).st_mode)[-3:])
    sys.stdout.close()
'''

ACTIONS = """
import time
from .errors import first_line
def action_say(airflow, request, report):
    report["text"] = airflow.command("say", *request.get("words", []))
def action_file(airflow, request, report):
    report["text"] = airflow.command_with_file({"k": 1}, "file")
def action_write(airflow, request, report):
    report["data"] = airflow.command_to_file("write")
    report["path"] = airflow.output.split()[-1]
def action_exit(airflow, request, report):
    report["begun"] = True
    airflow.command("exit", *request.get("words", []))
def action_sleep(airflow, request, report):
    report["begun"] = True
    time.sleep(60)
def action_import(airflow, request, report):
    report["line"] = first_line("by another module\\nof the package")
def action_fail(airflow, request, report):
    kind = type(request["type"], (Exception,), {"__module__": request.get("module", "x")})
    error = kind(request["text"])
    if "orig" in request:
        error.orig = type(request["orig"], (Exception,), {})(request["text"])
    raise error
"""


def run(
    tmp_path: Path,
    *actions: dict[str, Any],
    modules: tuple[ModuleType, ...] = (),
    timeout: int = 20,
    python: str = sys.executable,
) -> tuple[dict[str, Any], str]:
    package = tmp_path / "airflow" / "cli"
    package.mkdir(parents=True, exist_ok=True)
    (package / "cli_parser.py").write_text(AIRFLOW)
    for directory in (package, package.parent):
        (directory / "__init__.py").touch()
    request = program.request(modules, actions, timeout)
    request["program"]["for_tests"] = ACTIONS
    request["modules"].append("for_tests")
    ran = subprocess.run(
        [python, "-c", program.LOADER],
        input=json.dumps(request),
        env={**os.environ, "PYTHONPATH": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr
    (line,) = ran.stdout.split()[:1]
    result: dict[str, Any] = json.loads(ran.stdout.strip().removeprefix(MARK))
    assert line.startswith(MARK)
    return result, ran.stderr


def test_all_programs_can_be_imported_in_the_container(tmp_path: Path) -> None:
    result, _ = run(tmp_path, {"name": "say"}, modules=PROGRAMS)
    assert result == {"reports": {"say": {"text": "out\n"}}, "error": None}


def test_the_oldest_python_can_import_all_programs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Unlike the syntax check in test_package.py, this also finds imports that the old standard library lacks."""
    # The shim of a version manager runs only if that version is selected.
    monkeypatch.setenv("PYENV_VERSION", "3.7")
    python = shutil.which("python3.7")
    if not python or subprocess.run([python, "-c", ""], capture_output=True, check=False).returncode:
        pytest.skip("no python3.7 on this machine")
    result, _ = run(tmp_path, {"name": "say"}, modules=PROGRAMS, python=python)
    assert result == {"reports": {"say": {"text": "out\n"}}, "error": None}


def test_only_what_the_actions_need_is_sent() -> None:
    always = {"main", "commands", "errors", "masks", "compat", "temporary"}
    sent = {module: set(program.request([module], [], 1)["program"]) - always for module in (pools, check)}
    assert sent[pools] == {"pools"}
    assert {"dags.check", "dags.processes", "dags.supervised", "dags.lines"} < sent[check]
    assert not {"dags.refresh", "connections"} & sent[check]


def test_other_output_does_not_corrupt_the_result(tmp_path: Path) -> None:
    result, errors = run(tmp_path, {"name": "say", "words": ["سلام"]}, {"name": "file"})
    assert result["error"] is None
    assert result["reports"]["say"]["text"] == "out سلام\n"
    assert "noise of C code" in errors


def test_modules_of_the_package_import_each_other(tmp_path: Path) -> None:
    result, _ = run(tmp_path, {"name": "import"})
    assert result["reports"] == {"import": {"line": "by another module"}}


def test_a_temporary_file_is_private_and_removed(tmp_path: Path) -> None:
    result, _ = run(tmp_path, {"name": "file"})
    mode, parent_mode, *data, directory = result["reports"]["file"]["text"].split("\n")[1].split()
    assert (mode, parent_mode, " ".join(data)) == ("600", "700", '{"k": 1}')
    assert not Path(directory).exists()


def test_a_file_that_a_command_writes_is_read_and_removed(tmp_path: Path) -> None:
    result, _ = run(tmp_path, {"name": "write"})
    assert result["reports"]["write"]["data"] == {"mode": "700"}
    assert not Path(result["reports"]["write"]["path"]).parent.exists()


@pytest.mark.parametrize(
    ("action", "kind", "detail"),
    [
        ({"name": "exit", "words": ["No such thing."]}, "refused", "No such thing."),
        ({"name": "exit"}, "refused", "complaint"),
        ({"name": "fail", "type": "KeyError", "text": "a\nb"}, "other", "KeyError: a"),
        ({"name": "fail", "type": "InvalidToken", "text": ""}, "fernet", "a value in the database cannot be decrypted"),
        (
            {"name": "fail", "type": "OperationalError", "orig": "OperationalError", "text": "down\nrow"},
            "database",
            "OperationalError: down",
        ),
        (
            {"name": "fail", "type": "ProgrammingError", "orig": "UndefinedTable", "text": "no table"},
            "migration",
            "UndefinedTable: no table",
        ),
        (
            {"name": "fail", "type": "DataError", "orig": "TooLong", "text": "too long\nrow with values"},
            "refused",
            "TooLong: too long",
        ),
        (
            {"name": "fail", "type": "OperationalError", "module": "kombu.x", "text": "x"},
            "broker",
            "OperationalError: x",
        ),
        ({"name": "nonsense"}, "other", "KeyError: 'action_nonsense'"),
    ],
)
def test_errors_are_classified(tmp_path: Path, action: dict[str, Any], kind: str, detail: str) -> None:
    result, _ = run(tmp_path, {"name": "say"}, action, {"name": "file"})
    assert result["error"] == {"kind": kind, "detail": detail}
    assert result["reports"]["say"]["text"] == "out\n"
    assert "file" not in result["reports"]


def test_a_timeout_ends_the_program_and_reports_finished_actions(tmp_path: Path) -> None:
    result, _ = run(tmp_path, {"name": "sleep"}, timeout=1)
    assert result == {
        "reports": {"sleep": {"begun": True}},
        "error": {"kind": "timeout", "detail": "did not finish within 1 seconds"},
    }


def test_a_missing_airflow_is_reported(tmp_path: Path) -> None:
    (tmp_path / "airflow").mkdir()
    (tmp_path / "airflow" / "__init__.py").write_text("raise ImportError('broken installation')")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Path, "touch", lambda _self: None)
        result, _ = run(tmp_path, {"name": "say"})
    assert result["error"] == {"kind": "no_airflow", "detail": "broken installation"}
