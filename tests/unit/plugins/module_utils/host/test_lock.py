"""The lock of a stack: who gets it, and which one may be replaced."""

from __future__ import annotations

import os
import signal
import subprocess
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.host import guard, lock, lock_messages, processes

DAMAGED_PID = '{"machine": "m", "boot": "b", "pid": "1; reboot", "process_started": "1", "id": "1", "playbook": "site"}'
STARTED = "2026-11-29T11:06:22Z"


def run(playbook: str = "site", **other: Any) -> dict[str, Any]:
    """Return the description of this process as a run, with other values for some keys."""
    return {**lock.description(os.getpid(), playbook, STARTED), **other}


def want(path: str) -> str:
    """Acquire the lock in a separate process, and return the id of its holder."""
    return str(lock.acquire(path, run())["holder"]["id"])


@pytest.fixture
def path(tmp_path: Path) -> str:
    """The lock file, in a directory that does not exist yet."""
    return str(tmp_path / "airflow-stack" / "lock.json")


def holder(answer: dict[str, Any]) -> dict[str, Any]:
    """Return who holds the lock, by an answer."""
    return dict(answer["holder"])


def test_the_first_run_gets_it_and_the_second_learns_who_has_it(path: str) -> None:
    first, second = run(), run("seed_airflow_objects", pid=1)
    assert holder(lock.acquire(path, first)) == first
    assert holder(lock.acquire(path, second)) == first
    assert lock.look(path) == {"holder": first, "last": first["id"]}


def test_no_other_user_enters_the_directory(path: str) -> None:
    Path(path).parent.mkdir(mode=0o755)
    lock.acquire(path, run())
    assert Path(path).parent.stat().st_mode & 0o777 == 0o700


def test_of_many_at_the_same_time_one_gets_it(path: str) -> None:
    with ProcessPoolExecutor(8) as pool:
        holders = set(pool.map(want, [path] * 64))
    assert len(holders) == 1
    assert sorted(file.name for file in Path(path).parent.iterdir()) == ["guard", "last", "lock.json"]


def test_only_the_named_lock_is_replaced(path: str) -> None:
    first, second = run(), run()
    lock.acquire(path, first)
    assert holder(lock.acquire(path, second, replace="00000000")) == first
    assert holder(lock.acquire(path, second, replace=first["id"])) == second


def test_a_run_that_was_overtaken_since_its_checks_does_not_get_it(path: str) -> None:
    seen = lock.look(path)["last"]
    assert seen == ""
    faster = run()
    lock.acquire(path, faster)
    lock.release(path, faster)
    assert lock.acquire(path, run(), seen=seen) == {"holder": {}, "last": faster["id"]}
    assert lock.read(path) is None
    late = run()
    assert holder(lock.acquire(path, late, seen=faster["id"])) == late


def test_the_lock_of_an_exited_run_does_not_overtake(path: str) -> None:
    killed, later = run(), run()
    lock.acquire(path, killed)
    seen = lock.look(path)["last"]
    assert holder(lock.acquire(path, later, replace=killed["id"], seen=seen)) == later


def test_only_the_playbook_that_acquired_it_releases_it(path: str) -> None:
    outer, inner = run("site"), run("install_docker")
    lock.acquire(path, outer)
    lock.release(path, inner)
    assert lock.read(path) == outer
    lock.release(path, run("site", pid=1))
    assert lock.read(path) == outer
    assert holder(lock.release(path, run("site"))) == outer
    assert lock.read(path) is None
    assert holder(lock.release(path, outer)) == {}


def test_all_records_can_be_removed_with_the_lock(path: str) -> None:
    lock.acquire(path, run())
    lock.release(path, run(), remove=True)
    assert not Path(path).parent.exists()
    # A process that had opened the guard of the removed directory gets one of the new directory.
    assert holder(lock.acquire(path, run()))["playbook"] == "site"


def test_a_guard_that_is_in_use_for_too_long_is_named(path: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(guard, "GUARD_SECONDS", 0.3)
    with (
        guard.Guard(path),
        ProcessPoolExecutor(1) as pool,
        pytest.raises(lock.LockError, match=r"guard has been in use"),
    ):
        pool.submit(want, path).result()


@pytest.mark.parametrize("text", ["", "{", "[]", "{}", '{"id": "1"}', DAMAGED_PID])
def test_a_damaged_file_is_an_error_that_names_it(path: str, text: str) -> None:
    Path(path).parent.mkdir()
    Path(path).write_text(text, encoding="utf-8")
    with pytest.raises(lock.LockError, match=r"lock\.json .*remove the file"):
        lock.acquire(path, run())
    assert Path(path).read_text(encoding="utf-8") == text


class TestHasEnded:
    """PIDs of another boot or machine are unknown, so their processes do not count as exited."""

    def test_a_process_that_runs(self) -> None:
        assert not processes.has_ended(run(), run())

    def test_a_process_that_was_killed_also_before_its_parent_asks_for_its_exit_code(self) -> None:
        with subprocess.Popen(["sleep", "60"]) as process:
            held = lock.description(process.pid, "site", STARTED)
            assert not processes.has_ended(held, run())
            os.kill(process.pid, signal.SIGKILL)
            os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)
            assert processes.has_ended(held, run())
        assert processes.has_ended(held, run())

    def test_a_later_process_with_the_same_number(self) -> None:
        assert processes.has_ended(run(process_started="1"), run())

    def test_a_hidden_process_of_another_user_may_still_run(self, monkeypatch: pytest.MonkeyPatch) -> None:
        def denied(pid: int, signal_number: int) -> None:
            raise PermissionError(pid, signal_number)

        # What a process sees that may not see those of other users, for one that is not in /proc.
        monkeypatch.setattr(os, "kill", denied)
        assert not processes.has_ended(run(pid=2**22 + 1), run())

    def test_a_process_whose_state_is_hidden_may_still_run(self, monkeypatch: pytest.MonkeyPatch) -> None:
        held, here = run(process_started="1"), run()
        monkeypatch.setattr(processes, "_text", lambda *_path: "")
        assert not processes.has_ended(held, here)

    @pytest.mark.parametrize("key", ["machine", "boot"])
    def test_another_machine_or_boot_cannot_tell(self, key: str) -> None:
        assert not processes.has_ended(run(process_started="1", **{key: "other"}), run())

    def test_a_machine_without_a_boot_id_cannot_tell(self) -> None:
        assert not processes.has_ended(run(process_started="1", boot=""), run(boot=""))


def test_a_name_of_a_program_with_parentheses(tmp_path: Path) -> None:
    program = tmp_path / "a) Z (b"
    program.symlink_to("/bin/sleep")
    with subprocess.Popen([str(program), "60"]) as process:
        assert processes.process_started(process.pid).isdigit()
        process.kill()


def test_a_process_that_is_not_there_is_no_run() -> None:
    with pytest.raises(lock.LockError, match="cannot be found"):
        lock.description(2**22 + 1, "site", STARTED)


def test_the_refusal_names_the_run_and_the_ways_on() -> None:
    text = lock_messages.refusal(run(user="jane", controller="laptop", pid=4711, id="5f0c9a31"), "/var/lib/x/lock.json")
    for word in ("site.yml", "jane on laptop", "4711", STARTED, "airflow_lock_wait", "-e airflow_lock_break=5f0c9a31"):
        assert word in text
    # An id is offered for a command line only if it is one.
    assert "airflow_lock_break=ID" in lock_messages.refusal(run(id="$(reboot)"), "/var/lib/x/lock.json")
