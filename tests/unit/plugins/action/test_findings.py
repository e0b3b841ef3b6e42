"""The action plugin's search for the place in an inventory, and its findings in a run of Ansible."""

from __future__ import annotations

import importlib.util
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible.parsing.dataloader import DataLoader

ROOT = Path(__file__).resolve().parents[4]
SOURCE = ROOT / "plugins/action/findings.py"
SPEC = importlib.util.spec_from_file_location("action_findings", SOURCE)
assert SPEC
assert SPEC.loader
plugin = importlib.util.module_from_spec(SPEC)
SPEC.loader.exec_module(plugin)

VARIABLES = """\
airflow_version: "2.5"
airflow_config:
  core:
    parallelism: 16
projects_list:
  - name: a
  - name: b
"""


@pytest.mark.parametrize(
    ("place", "line"),
    [
        ("airflow_version", 1),
        ("airflow_config.core.parallelism", 4),
        # What is not there itself is below what is.
        ("airflow_config.core.nothing", 4),
        ("projects_list[1].name", 7),
        ("projects_list[7]", 6),
        ("projects_list: a: image x", 6),
        ("airflow_other", 0),
        ("", 0),
    ],
)
def test_the_place_in_the_inventory(place: str, line: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "all.yml").write_text(VARIABLES, encoding="utf-8")
    found = DataLoader().load_from_file(str(tmp_path / "all.yml"))
    assert plugin.origin(place, found) == (f"all.yml:{line}" if line else "")


def fields(kind: str, place: str = "") -> dict[str, Any]:
    return {"id": kind, "place": place, "text": "is wrong.", "host": ""}


def run(tmp_path: Path, tasks: list[dict[str, Any]]) -> subprocess.CompletedProcess[str]:
    """Play tasks against two hosts without a connection."""
    play: dict[str, Any] = {"hosts": "all", "gather_facts": False, "any_errors_fatal": True, "tasks": tasks}
    (tmp_path / "play.yml").write_text(yaml.safe_dump([play]), encoding="utf-8")
    command = [str(Path(sys.executable).with_name("ansible-playbook")), "-i", "one,two,", str(tmp_path / "play.yml")]
    command += ["-e", json.dumps({"airflow_findings_accepted": ["memory-low"]})]
    environment = {**os.environ, "ANSIBLE_CONFIG": str(ROOT / "ansible.cfg"), "ANSIBLE_NOCOLOR": "1"}
    return subprocess.run(command, capture_output=True, text=True, check=False, cwd=ROOT, env=environment)


def keep(*found: dict[str, Any]) -> dict[str, Any]:
    options = {"found": [*found], "keep": True}
    return {"ansible_airflow.airflow.findings": options, "register": "airflow_findings"}


def test_all_findings_of_all_hosts_are_reported_at_once(tmp_path: Path) -> None:
    second = {**keep(), "vars": {"text": json.dumps([fields("name-invalid", "x")])}}
    only_two = "{{ (text | from_json) if inventory_hostname == 'two' else [] }}"
    second["ansible_airflow.airflow.findings"]["found"] = only_two
    tasks = [
        keep(fields("release-unknown", "airflow_version")),
        second,
        keep(fields("memory-low")),
        {"ansible_airflow.airflow.findings": {}, "run_once": True},
        {"ansible.builtin.debug": {"msg": "not reached"}},
    ]
    ended = run(tmp_path, tasks)
    assert ended.returncode != 0
    assert "2 findings; nothing was changed." in ended.stdout
    assert "one, two: airflow_version: is wrong. [release-unknown]" in ended.stdout
    assert "two: x: is wrong. [name-invalid]" in ended.stdout
    assert "memory-low" not in ended.stdout
    assert "not reached" not in ended.stdout


def test_warnings_do_not_stop_the_run_and_are_shown_once(tmp_path: Path) -> None:
    report = {
        "ansible_airflow.airflow.findings": {},
        "run_once": True,
        "register": "airflow_findings",
    }
    ended = run(tmp_path, [keep(fields("memory-low")), report, report, {"ansible.builtin.debug": {"msg": "reached"}}])
    assert ended.returncode == 0, ended.stdout
    assert (ended.stdout + ended.stderr).count("one, two: is wrong. [memory-low]") == 1
    assert "reached" in ended.stdout
