"""The locks of apt and dpkg, held by other processes."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.host.apt_lock import FILES, holders, words

# Locks a file as dpkg does, and keeps it until its input ends.
HOLD = """
import fcntl, sys
file = open(sys.argv[1], "a")
fcntl.lockf(file, fcntl.LOCK_EX)
print("held", flush=True)
sys.stdin.read()
"""


@contextmanager
def held(path: Path, *command: str) -> Iterator[int]:
    """Hold the lock of a file in another process, and yield its PID."""
    argv = command or (sys.executable, "-c", HOLD)
    with subprocess.Popen([*argv, str(path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        assert process.stdout.readline() == "held\n"
        yield process.pid
        assert process.stdin
        process.stdin.close()


def test_free_and_missing_locks_have_no_holder(tmp_path: Path) -> None:
    (tmp_path / "lock").touch()
    assert holders([str(tmp_path / "lock"), str(tmp_path / "missing")]) == []


def test_the_holder_has_a_pid_and_a_command(tmp_path: Path) -> None:
    with held(tmp_path / "lock") as pid:
        name = Path(sys.executable).name
        assert holders([str(tmp_path / "lock")]) == [{"pid": pid, "command": name, "file": str(tmp_path / "lock")}]
    assert holders([str(tmp_path / "lock")]) == []


def test_a_script_is_named_instead_of_its_interpreter(tmp_path: Path) -> None:
    script = tmp_path / "unattended-upgrade"
    script.write_text(HOLD, encoding="utf-8")
    # A process with several locks is listed once.
    (tmp_path / "other").touch()
    with held(tmp_path / "lock", sys.executable, str(script)) as pid:
        (holder,) = holders([str(tmp_path / name) for name in ("other", "lock")] * 2)
        assert (holder["pid"], holder["command"]) == (pid, "unattended-upgrade")


def test_two_holders(tmp_path: Path) -> None:
    with held(tmp_path / "a") as one, held(tmp_path / "b") as two:
        assert [each["pid"] for each in holders([str(tmp_path / "a"), str(tmp_path / "b")])] == [one, two]


@pytest.mark.parametrize(
    ("pid", "command", "phrase"),
    [
        (812, "unattended-upgrade", "unattended-upgrade (PID 812), which holds /var/lib/dpkg/lock-frontend"),
        (812, "", "another process (PID 812), which holds /var/lib/dpkg/lock-frontend"),
        # Of another PID namespace, and an open file description lock.
        (0, "", "another process, which holds /var/lib/dpkg/lock-frontend"),
        (-1, "", "another process, which holds /var/lib/dpkg/lock-frontend"),
    ],
)
def test_words(pid: int, command: str, phrase: str) -> None:
    assert words({"pid": pid, "command": command, "file": FILES[0]}) == phrase
