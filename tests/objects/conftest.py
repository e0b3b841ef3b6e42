"""Fixtures: one Airflow stack for all tests of this directory."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from tests import tables
from tests.lab.locks import alone
from tests.lab.names import REPO
from tests.objects.stack import PROJECT, Stack
from tests.support.ansible import ANSIBLE_PLAYBOOK

if TYPE_CHECKING:
    from collections.abc import Iterator


Playbook = Callable[..., "subprocess.CompletedProcess[str]"]


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--keep", action="store_true", help="keep the stack running at the end, for the next test run")


@pytest.fixture(scope="session")
def running(request: pytest.FixtureRequest) -> Iterator[Stack]:
    """Start the stack with images from the lab, and remove it at the end."""
    keep = request.config.getoption("--keep")
    with alone(PROJECT, "run of these tests"):
        stack = Stack()
        try:
            if not (keep and stack.runs()):
                subprocess.run([sys.executable, "-m", "tests.lab", "images"], check=True)
                stack.up()
            yield stack
        finally:
            if not keep:
                stack.down()


@pytest.fixture
def stack(running: Stack) -> Stack:
    """The stack after removal of all objects."""
    running.clear()
    return running


@pytest.fixture
def playbook(tmp_path: Path) -> Playbook:
    """Return a function that runs a playbook of the project on this machine, with tmp_path as the secrets directory."""
    host = {"ansible_connection": "local", "ansible_python_interpreter": sys.executable}
    groups = {group: {"hosts": {"here": None}} for group in tables.service_groups()}
    inventory = tmp_path / "hosts.yml"
    inventory.write_text(yaml.dump({"all": {"hosts": {"here": host}, "children": {"airflow": {"children": groups}}}}))

    def run(name: str, *options: str, **variables: Any) -> subprocess.CompletedProcess[str]:
        given = {
            "ansible_become": False,
            "__airflow_project": PROJECT,
            "__airflow_lock_path": str(tmp_path / "airflow-stack" / "lock.json"),
            "airflow_secrets_directory": str(tmp_path),
            # Without the administrator, whose creation takes seconds and would be an additional change.
            "airflow_users": [{"username": "admin", "state": "absent"}],
            **variables,
        }
        (tmp_path / "vars.json").write_text(json.dumps(given))
        argv = [ANSIBLE_PLAYBOOK, "-i", str(inventory), "--diff", *options]
        argv += ["-e", f"@{tmp_path}/vars.json", str(REPO / "playbooks" / f"{name}.yml")]
        environment = {**os.environ, "ANSIBLE_CONFIG": str(REPO / "ansible.cfg")}
        return subprocess.run(argv, env=environment, capture_output=True, text=True, check=False)

    return run
