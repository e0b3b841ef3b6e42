"""Modules of the installed collection in a user's own play, on a container that no role of the project deployed."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from tests.lab.names import REPO
from tests.objects.stack import PROJECT
from tests.sanity import install
from tests.support.ansible import ANSIBLE_PLAYBOOK

if TYPE_CHECKING:
    from pathlib import Path

    from tests.objects.stack import Stack

CONTAINER = f"{PROJECT}-scheduler-1"
# Without the name of the compose project, since the container's name is enough.
TASKS: list[dict[str, Any]] = [
    {"airflow_connections": {"connections": [{"conn_id": "theirs", "conn_type": "http", "host": "example.com"}]}},
    {"airflow_variables": {"variables": [{"key": "theirs", "value": {"a": [1, 2]}}]}},
    {"airflow_pools": {"pools": [{"name": "theirs", "slots": 3}]}},
    {"airflow_info": {"subset": ["pools"]}},
]


@pytest.fixture
def theirs(tmp_path: Path) -> Path:
    """A user's directory with the installed collection and a play."""
    install(REPO, tmp_path / "collections")
    tasks = [
        {f"ansible_airflow.airflow.{name}": {**arguments, "container": CONTAINER}}
        for task in TASKS
        for name, arguments in task.items()
    ]
    play = {"hosts": "all", "gather_facts": False, "tasks": tasks}
    (tmp_path / "play.yml").write_text(yaml.dump([play]), encoding="utf-8")
    return tmp_path


def run(directory: Path) -> list[dict[str, Any]]:
    """Run the play and return the results of its tasks."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("ANSIBLE_")}
    environment |= {
        "ANSIBLE_COLLECTIONS_PATH": str(directory / "collections"),
        "ANSIBLE_STDOUT_CALLBACK": "ansible.posix.json",
        "ANSIBLE_PYTHON_INTERPRETER": sys.executable,
    }
    argv = [ANSIBLE_PLAYBOOK, "-i", "localhost,", "-c", "local", "play.yml"]
    played = subprocess.run(argv, cwd=directory, env=environment, capture_output=True, text=True, check=False)
    assert played.returncode == 0, played.stdout + played.stderr
    tasks = json.loads(played.stdout[played.stdout.index("{") :])["plays"][0]["tasks"]
    return [result for task in tasks for result in task["hosts"].values()]


def test_they_work_alone_and_a_second_run_changes_nothing(stack: Stack, theirs: Path) -> None:  # noqa: ARG001 - it runs
    assert [result["changed"] for result in run(theirs)] == [True, True, True, False]
    again = run(theirs)
    assert [result["changed"] for result in again] == [False, False, False, False]
    assert {"name": "theirs", "slots": 3}.items() <= next(
        p for p in again[-1]["pools"] if p["name"] == "theirs"
    ).items()
