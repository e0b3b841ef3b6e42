"""Runs of Ansible on this machine that wait for a lock."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.support.ansible import ANSIBLE_PLAYBOOK, Played, environment, finish

HOLD = "import fcntl, sys, time; file = open(sys.argv[1], 'a'); fcntl.lockf(file, fcntl.LOCK_EX); print(); "
HOLD += "time.sleep(float(sys.argv[2]))"
TASK = "Wait"


@pytest.fixture
def lock(tmp_path: Path) -> Iterator[Any]:
    """Return a function that has another process hold a lock for some seconds, and the lock's path."""
    processes = []

    def hold(seconds: float) -> str:
        path = tmp_path / "lock"
        argv = [sys.executable, "-c", HOLD, str(path), str(seconds)]
        processes.append(subprocess.Popen(argv, stdout=subprocess.PIPE))
        assert processes[-1].stdout
        processes[-1].stdout.readline()
        return str(path)

    yield hold
    for process in processes:
        process.kill()
        process.communicate()


def play(directory: Path, *options: str, **given: Any) -> Played:
    """Run the module on this machine."""
    task = {"name": TASK, "ansible_airflow.airflow.wait_for_apt": given}
    document = [{"hosts": "all", "gather_facts": False, "tasks": [task]}]
    (directory / "play.yml").write_text(yaml.safe_dump(document), encoding="utf-8")
    python = json.dumps({"ansible_python_interpreter": sys.executable})
    argv = [ANSIBLE_PLAYBOOK, "-i", "one,", "-c", "local", "-e", python, *options, str(directory / "play.yml")]
    started = time.monotonic()
    process = subprocess.Popen(argv, env=environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    return finish(process, started)


def test_a_wait_is_announced_with_the_holder_and_ends_with_the_lock(tmp_path: Path, lock: Any) -> None:
    path = lock(8)
    played = play(tmp_path, files=[path], timeout=60)
    assert played.code == 0, played.output
    result = played.result(TASK)
    assert (result["holders"], result["changed"]) == ([], False)
    assert result["seconds"] > 0
    # The first check takes up to some seconds.
    assert re.search(r"waiting: \[one\] up to [56]\d s for python", played.stdout), played.stdout
    assert f"which holds {path}" in played.stdout


def test_a_wait_that_is_too_long_fails_and_names_the_holder(tmp_path: Path, lock: Any) -> None:
    path = lock(600)
    played = play(tmp_path, files=[path], timeout=1)
    assert played.code != 0
    message = played.result(TASK)["msg"]
    assert message.startswith("one: waited ")
    assert f"which holds {path}; no package was installed." in message


def test_check_mode_and_free_locks_do_not_wait(tmp_path: Path, lock: Any) -> None:
    path = lock(600)
    played = play(tmp_path, "--check", files=[path], timeout=600)
    assert played.code == 0
    assert [holder["file"] for holder in played.result(TASK)["holders"]] == [path]
    assert played.result(TASK)["seconds"] < 60
    played = play(tmp_path, files=[str(tmp_path / "other")], timeout=0)
    assert (played.code, played.result(TASK)["holders"]) == (0, [])
    assert "waiting:" not in played.stdout


@pytest.mark.skipif(os.geteuid() == 0, reason="root can read all files")
def test_an_unreadable_lock_asks_for_become(tmp_path: Path) -> None:
    (tmp_path / "lock").touch(mode=0o000)
    played = play(tmp_path, files=[str(tmp_path / "lock")])
    assert "use become" in played.result(TASK)["msg"]
