"""Results of module airflow_dag_check on a host; a script stands in for docker."""

from __future__ import annotations

import importlib.util
import json
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.dag_check import host_facts
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.inside.main import MARK

MODULE = Path(__file__).resolve().parents[4] / "plugins" / "modules" / "airflow_dag_check.py"
# The script reads the container's answer from a file in its directory.
DOCKER = """#!/bin/sh
echo "$*" | cut -c 1-300 >> "$0.log"
case "$*" in
    *config*) echo '{"name": "airflow", "services": {"worker": {}, "redis": {}}}';;
    *run*) cat >/dev/null; cat "$0.answer"; exit 1;;
esac
"""
FILE = {
    "file": "a.py",
    "seconds": 7.25,
    "errors": [],
    "dags": [
        {
            "dag_id": "a",
            "line": 3,
            "schedule": "None",
            "start_date": "2023-01-01T00:00:00+00:00",
            "end_date": None,
            "fires": True,
            "paths": [],
            "tasks": [],
        }
    ],
}


class LeaveError(Exception):
    """The module has exited, with this result."""


@pytest.fixture
def module(monkeypatch: pytest.MonkeyPatch) -> Any:
    spec = importlib.util.spec_from_file_location("airflow_dag_check", MODULE)
    assert spec
    assert spec.loader
    loaded = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(loaded)
    context = {"slow_seconds": 5, "networks": None}
    monkeypatch.setattr(host_facts, "gather", lambda *_: (context, [("image-missing", "x requires a login")]))
    return loaded


@pytest.fixture
def run(module: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Any:
    docker, compose = tmp_path / "docker", tmp_path / "compose.yml"
    docker.write_text(DOCKER)
    docker.chmod(0o755)
    compose.touch()

    def call(report: dict[str, Any] | str, *, check_mode: bool = False, **options: Any) -> dict[str, Any]:
        text = report if isinstance(report, str) else json.dumps({"reports": {"dags_check": report}, "error": None})
        (tmp_path / "docker.answer").write_text(f"noise\n{MARK}{text}\n" if text else "")
        params = {name: option.get("default") for name, option in module.ARGUMENTS.items()}
        params |= {"compose_file": str(compose), "folder": "/opt/airflow/dags/releases/1", **options}

        class Module:
            def __init__(self, **_: Any) -> None:
                self.params, self.check_mode = params, check_mode

            def get_bin_path(self, _: str) -> str:
                return str(docker)

            def exit_json(self, **result: Any) -> None:
                raise LeaveError({"failed": False, **result})

            def fail_json(self, **result: Any) -> None:
                raise LeaveError({"failed": True, "changed": False, **result})

        monkeypatch.setattr(module, "AnsibleModule", Module)
        with pytest.raises(LeaveError) as caught:
            module.main()
        said: dict[str, Any] = caught.value.args[0]
        return said

    return call


def report(*files: dict[str, Any], exists: bool = True) -> dict[str, Any]:
    return {"exists": exists, "files": list(files), "database": {"connections": [], "pools": [], "unknown": None}}


def test_nothing_wrong(run: Any, tmp_path: Path) -> None:
    result = run(report({**FILE, "seconds": 1.5}))
    assert result.pop("seconds") >= 0
    assert {rule["rule"] for rule in result["not_checked"]} > {"unknown-network", "mount-missing", "image-missing"}
    assert {"rule": "image-missing", "reason": "x requires a login"} in result.pop("not_checked")
    assert result == {
        "failed": False,
        "changed": False,
        "checked": True,
        "findings": [],
        "warned": [],
        "files": 1,
        "slowest": [{"file": "a.py", "seconds": 1.5}],
    }
    config, start, remove = (tmp_path / "docker.log").read_text().splitlines()
    assert "config --format json" in config
    assert "-e AIRFLOW__CORE__DAGS_FOLDER=/opt/airflow/dags/releases/1 worker python -c import json" in start
    assert remove.startswith("rm --force --volumes airflow-throwaway-")


def test_findings(run: Any) -> None:
    result = run(report(FILE))
    assert (result["failed"], result["changed"], result["checked"]) == (True, False, True)
    head, line, allow = result["msg"].split("\n")
    assert head == "1 finding, so this release is not deployed; docs/dag_authors.md lists the rules:"
    assert line.startswith("a.py [slow-import] takes 7.2 s to load")
    assert allow.endswith("as in slow-import:a.py.")
    assert [finding["rule"] for finding in result["findings"]] == ["slow-import"]
    assert run(report(FILE), skip=["slow-import"])["failed"] is False


def test_the_five_slowest(run: Any) -> None:
    files = [{**FILE, "file": f"{number}.py", "seconds": number / 10, "dags": []} for number in range(9)]
    assert [file["file"] for file in run(report(*files))["slowest"]] == ["8.py", "7.py", "6.py", "5.py", "4.py"]


@pytest.mark.parametrize("check_mode", [True, False])
def test_a_missing_stack_or_folder(run: Any, tmp_path: Path, *, check_mode: bool) -> None:
    gone = run(report(exists=False), check_mode=check_mode)
    no_stack = run(report(), check_mode=check_mode, compose_file=str(tmp_path / "none.yml"))
    for result, words in (
        (gone, "there is no folder /opt/airflow/dags/releases/1"),
        (no_stack, "there is no stack yet"),
    ):
        assert (result["failed"], result["checked"]) == (not check_mode, False)
        assert result["msg"].startswith(f"Nothing could be checked: {words}")


def test_a_failed_check(run: Any) -> None:
    assert "has none of the services web, cli." in run(report(), services=["web", "cli"])["msg"]
    assert "exited with code 1 and no result: no output" in run("")["msg"]
    late = {
        "reports": {"dags_check": report(FILE)},
        "error": {"kind": "timeout", "detail": "did not finish within 9 seconds"},
    }
    assert run(json.dumps(late))["msg"].startswith(
        "The check did not finish; 1 files were checked: a container of service worker"
    )
    assert "there is no rule 'x'" in run(report(), skip=["x"])["msg"]
