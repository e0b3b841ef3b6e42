"""Runs of Ansible on this machine that want the same lock."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import time
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.lab.shell import wait_until
from tests.support.ansible import ANSIBLE_PLAYBOOK, Played, environment, finish

PLAYBOOK = [
    {
        "hosts": "all",
        "gather_facts": False,
        "tasks": [
            {
                "name": "Lock",
                "ansible_airflow.airflow.airflow_lock": {
                    "path": "{{ place }}/lock.json",
                    "playbook": "site",
                    "wait": "{{ wait }}",
                    "break": "{{ break_id }}",
                },
            },
            {
                "name": "Lock again, as an imported playbook does",
                "ansible_airflow.airflow.airflow_lock": {"path": "{{ place }}/lock.json", "playbook": "inner"},
            },
            {
                "name": "Unlock, as an imported playbook does",
                "ansible_airflow.airflow.airflow_lock": {
                    "path": "{{ place }}/lock.json",
                    "playbook": "inner",
                    "state": "free",
                },
            },
            {
                "name": "Work",
                "ansible.builtin.file": {"path": "{{ place }}/{{ work }}", "state": "touch", "mode": "0644"},
            },
            {"name": "Wait for the file", "ansible.builtin.wait_for": {"path": "{{ place }}/{{ go_on }}", "sleep": 1}},
            {
                "name": "Unlock",
                "ansible_airflow.airflow.airflow_lock": {
                    "path": "{{ place }}/lock.json",
                    "playbook": "site",
                    "state": "free",
                },
            },
        ],
    }
]
ENDED = {
    "id": "5f0c9a31",
    "playbook": "site",
    "user": "jane",
    "controller": "laptop",
    "started": "2026-11-29T11:06:22Z",
}


class Runs:
    """Runs of the playbook with one lock."""

    def __init__(self, place: Path) -> None:
        self.place, self.lock = place, place / "lock.json"
        (place / "play.yml").write_text(yaml.safe_dump(PLAYBOOK), encoding="utf-8")

    def start(
        self, work: str, *options: str, until: str = ".", wait: int = 0, break_id: str = ""
    ) -> subprocess.Popen[str]:
        """Start a run that creates a file once it holds the lock, and exits once another file exists."""
        given = {"place": str(self.place), "work": work, "go_on": until, "wait": wait, "break_id": break_id}
        argv = [ANSIBLE_PLAYBOOK, "-i", "here,", "-c", "local", *options, "-e", json.dumps(given), "play.yml"]
        pipes: dict[str, Any] = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
        return subprocess.Popen(argv, env=environment(), cwd=self.place, start_new_session=True, **pipes)

    def run(self, work: str, *options: str, **words: Any) -> Played:
        """Run the playbook to its end."""
        return finish(self.start(work, *options, **words), time.monotonic())

    def exists(self, name: str) -> bool:
        """Return whether a file is there."""
        return (self.place / name).exists()

    def reached(self, name: str) -> None:
        """Wait until a run has created its file."""
        wait_until(lambda: self.exists(name), 60, lambda: f"{name} was not created")


@pytest.fixture
def runs(tmp_path: Path) -> Runs:
    """Runs with a lock of their own."""
    return Runs(tmp_path)


def test_the_second_run_is_refused_or_waits(runs: Runs) -> None:
    first = runs.start("first", until="go")
    try:
        runs.reached("first")
        refused = runs.run("second")
        assert refused.code != 0
        assert f"(process {first.pid})" in refused.output
        assert "Nothing was changed" in refused.output
        assert not runs.exists("second")
        third = runs.start("third", wait=60)
        (runs.place / "go").touch()
        assert finish(first, 0).code == 0
        waited = finish(third, 0)
        assert (waited.code, runs.exists("third")) == (0, True), waited.output
    finally:
        (runs.place / "go").touch()
    assert not runs.lock.exists()


def test_the_lock_of_a_killed_run_is_replaced(runs: Runs) -> None:
    first = runs.start("first", until="never")
    runs.reached("first")
    os.killpg(first.pid, signal.SIGKILL)
    first.communicate()
    assert runs.lock.exists()
    again = runs.run("second")
    assert (again.code, again.changed, runs.exists("second")) == (0, 1, True), again.output
    assert again.result("Lock")["replaced"]["pid"] == first.pid
    assert not runs.lock.exists()


def test_the_lock_of_another_controller_is_broken_only_by_its_id(runs: Runs) -> None:
    foreign = {**ENDED, "machine": "other", "boot": "other", "pid": 1, "process_started": "1"}
    runs.lock.write_text(json.dumps(foreign), encoding="utf-8")
    assert runs.run("predicted", "--check").code == 0
    refused = runs.run("work", break_id="5f0c9a32")
    assert refused.code != 0
    assert "jane on laptop" in refused.output
    assert "-e airflow_lock_break=5f0c9a31" in refused.output
    assert not runs.exists("work")
    assert json.loads(runs.lock.read_text(encoding="utf-8")) == foreign
    assert runs.run("work", break_id="5f0c9a31").code == 0
    assert not runs.lock.exists()


def test_a_run_whose_lock_was_broken_says_so(runs: Runs) -> None:
    first = runs.start("first", until="go")
    runs.reached("first")
    runs.lock.unlink()
    (runs.place / "go").touch()
    ended = finish(first, 0)
    assert ended.code == 0
    assert "The lock of this run was broken" in ended.output
