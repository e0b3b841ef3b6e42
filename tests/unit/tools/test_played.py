"""What tests read of a run of Ansible, against real runs on this machine."""

from __future__ import annotations

import subprocess
import time
from typing import TYPE_CHECKING

import pytest
import yaml

from tests.support.ansible import ANSIBLE_PLAYBOOK, Played, environment, finish

if TYPE_CHECKING:
    from pathlib import Path

TASKS = [
    {"name": "say | Say it", "ansible.builtin.debug": {"msg": 'quoted "text"\nin two lines'}},
    {"name": "Keep quiet", "ansible.builtin.command": {"argv": ["echo", "not shown"]}, "changed_when": False},
    {"name": "Write", "ansible.builtin.copy": {"content": "new\n", "dest": "{{ place }}/file", "mode": "0600"}},
    {"name": "left | Leave it out", "ansible.builtin.debug": {"msg": "left out"}, "when": False},
    {
        "name": "Fail for one item",
        "ansible.builtin.assert": {"that": "item != 2", "fail_msg": "item {{ item }} is wrong", "quiet": True},
        "loop": [1, 2],
    },
]


@pytest.fixture(scope="module")
def played(tmp_path_factory: pytest.TempPathFactory) -> Played:
    """A run whose last task fails."""
    return run(tmp_path_factory.mktemp("play"), yaml.dump([{"hosts": "all", "gather_facts": False, "tasks": TASKS}]))


def run(place: Path, playbook: str) -> Played:
    """Run a playbook with `--diff` on this machine."""
    (place / "play.yml").write_text(playbook, encoding="utf-8")
    argv = [ANSIBLE_PLAYBOOK, "-i", "here,", "-c", "local", "--diff", "-e", f"place={place}", str(place / "play.yml")]
    process = subprocess.Popen(argv, env=environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    return finish(process, time.monotonic())


def test_statistics_are_numbers(played: Played) -> None:
    assert (played.code, played.changes, played.changed) == (2, {"here": 1}, 1)


def test_the_text_is_what_a_person_sees(played: Played) -> None:
    assert 'quoted "text"\nin two lines' in played.output
    assert "item 2 is wrong" in played.output
    assert "+new" in played.output
    assert "not shown" not in played.output
    assert "left out" not in played.output


def test_a_task_that_was_skipped_did_not_run(played: Played) -> None:
    assert played.ran("say |") == ["say | Say it"]
    assert played.ran("left |") == []


def test_the_result_of_a_task(played: Played) -> None:
    assert played.result("Keep quiet")["stdout"] == "not shown"
    with pytest.raises(AssertionError, match=r"0 results of 'left \| Leave it out'"):
        played.result("left | Leave it out")


def test_a_run_that_ends_before_its_first_task(tmp_path: Path) -> None:
    played = run(tmp_path, "- hosts: all\n  tasks: [{no_such_module: }]\n")
    assert played.code != 0
    assert played.changes == {}
    assert "no_such_module" in played.output
