"""Errors of action plugins for invalid arguments, in a run of Ansible."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[4]
COLLECTION = "ansible_airflow.airflow"
WAIT = {"project": "airflow", "services": ["redis"], "timeout": 1}
SWITCH = {"directory": "/nonexistent", "release": "1"}
CASES: list[tuple[str, dict[str, Any], list[str]]] = [
    ("airflow_wait_healthy", {"project": "airflow"}, ["missing required arguments: services, timeout"]),
    ("airflow_wait_healthy", {**WAIT, "timeout": "soon"}, ["'timeout' is of type", "cannot be converted to an int"]),
    ("airflow_wait_healthy", {**WAIT, "services": {"redis": 1}}, ["'services' is of type", "to a list"]),
    ("airflow_wait_healthy", {**WAIT, "service": "redis"}, ["service", "Supported parameters include: project, serv"]),
    ("airflow_tree_receive", {"src": "/nonexistent"}, ["missing required arguments: directory"]),
    (
        "airflow_tree_receive",
        {"src": "/", "directory": "/", "keep": 1},
        ["Unsupported parameters", "directory, origin, src"],
    ),
    ("airflow_tree_switch", {**SWITCH, "keep": "many"}, ["'keep' is of type", "cannot be converted to an int"]),
    ("airflow_tree_switch", {**SWITCH, "force": True}, ["Unsupported parameters", "include: directory, keep, release"]),
    (
        "airflow_host_state",
        {"server": []},
        ["Unsupported parameters", "include: ca_file, data_root, firewall_file, places, "],
    ),
    ("airflow_host_state", {"reach": "192.0.2.1"}, ["'reach' is of type", "dictionary requested"]),
    ("wait_for_apt", {"timeout": "soon"}, ["'timeout' is of type", "cannot be converted to an int"]),
    ("wait_for_apt", {"lock_timeout": 60}, ["Unsupported parameters", "include: files, timeout"]),
    ("upload_tree", {"src": "/nonexistent"}, ["missing required arguments: dest"]),
    ("upload_tree", {"src": "/", "dest": "/", "mode": "0644"}, ["Unsupported parameters", "include: dest, src"]),
]


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> list[dict[str, Any]]:
    """Result of each case."""
    directory = tmp_path_factory.mktemp("arguments")
    tasks = [
        {"name": f"Case {number}", f"{COLLECTION}.{module}": given, "register": f"case_{number}", "ignore_errors": True}
        for number, (module, given, _) in enumerate(CASES)
    ]
    found = ", ".join(f"case_{number}" for number in range(len(CASES)))
    keep = {"content": f"{{{{ [{found}] | to_json }}}}", "dest": str(directory / "results.json"), "mode": "0600"}
    tasks.append({"name": "Keep the results", "ansible.builtin.copy": keep})
    play = {"name": "Call modules", "hosts": "localhost", "gather_facts": False, "tasks": tasks}
    (directory / "play.yml").write_text(yaml.safe_dump([play]), encoding="utf-8")
    done = subprocess.run(
        [Path(sys.executable).with_name("ansible-playbook"), "-i", "localhost,", "-c", "local", directory / "play.yml"],
        cwd=ROOT,
        env={**os.environ, "ANSIBLE_CONFIG": str(ROOT / "ansible.cfg")},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    answers: list[dict[str, Any]] = json.loads((directory / "results.json").read_text("utf-8"))
    return answers


@pytest.mark.parametrize("number", range(len(CASES)), ids=lambda number: f"{CASES[number][0]}-{number}")
def test_invalid_arguments_are_refused(number: int, results: list[dict[str, Any]]) -> None:
    assert results[number]["failed"]
    assert [words for words in CASES[number][2] if words not in results[number]["msg"]] == []
