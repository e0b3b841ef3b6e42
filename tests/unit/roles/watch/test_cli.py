"""The command airflow-watch: what it accepts, what it prints, and what it stops."""

from __future__ import annotations

import fcntl
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from airflow_watch import cli, locks, output, store

from tests.rows import ROLES
from tests.unit.roles.watch.played import Played


@pytest.fixture
def there(host: Played, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Played:
    """A host on which root runs the command."""
    monkeypatch.setattr(store, "DIRECTORY", tmp_path / "pauses")
    monkeypatch.setattr(locks, "ROUNDS", tmp_path)
    monkeypatch.setattr(cli, "Host", lambda: host)
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    return host


def under_way(*services: str) -> Any:
    return lambda **_: (list(services), [])


@pytest.mark.parametrize("owner", ["", "  "])
def test_an_empty_owner_is_refused(there: Played, owner: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Happens in a script with an unset variable: such a pause is unreadable, and `resume` would end all pauses."""
    assert cli.main(["pause", "worker", "--for", "1h", "--owner", owner]) == 1
    assert "--owner is empty; write the name of the person who pauses" in capsys.readouterr().err
    assert not store.DIRECTORY.exists()
    assert cli.main(["pause", "--for", "1h", "--owner", "ana"]) == 0
    assert cli.main(["resume", "--owner", owner]) == 1
    assert "--owner is empty; write the owner whose pauses end" in capsys.readouterr().err
    assert len(list(store.DIRECTORY.iterdir())) == 1
    assert there.done == []


@pytest.mark.usefixtures("there")
def test_an_empty_service_does_not_mean_all_services(capsys: pytest.CaptureFixture[str]) -> None:
    for words in (["pause", "", "--for", "1h"], ["resume", ""]):
        assert cli.main(words) == 1
        assert "no service '' on this host; write one of worker" in capsys.readouterr().err


def test_a_pause_stops_a_restart_in_progress(
    there: Played, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    there.services = ["redis", "worker"]
    monkeypatch.setattr(there, "restarts", under_way("redis", "worker"))
    assert cli.main(["pause", "worker", "--for", "1h", "--owner", "ana"]) == 0
    assert there.done == ["stop_restart worker"]
    said = capsys.readouterr().out.splitlines()
    assert said[0].startswith("worker: its restart was under way and is cancelled. If Docker has already told")
    assert said[1].startswith("worker: paused by ana until ")
    assert cli.main(["pause", "--for", "1h", "--owner", "ana"]) == 0
    assert there.done[1:] == ["stop_restart redis", "stop_restart worker"]


def test_status_shows_a_restart_in_progress(
    there: Played, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(there, "restarts", under_way("worker"))
    there.there = [there.there[0]._replace(ours=False, status="exited"), *there.there]
    assert cli.main(["status", "--attention"]) == 0
    assert capsys.readouterr().out == ""
    assert cli.main(["status"]) == 0
    assert capsys.readouterr().out.splitlines() == [
        "no service is paused",
        "firewall: active",
        "no alert is active",
        "worker: running, healthy (its restart is under way)",
    ]


def test_what_people_should_know_of(there: Played, capsys: pytest.CaptureFixture[str]) -> None:
    there.broken, there.open = {"airflow-watch-alert.timer"}, ["table inet airflow_firewall is missing"]
    there.settings_problem = "/etc/airflow-watch.json is missing or broken"
    assert cli.main(["pause", "worker", "--for", "1h", "--owner", "ana"]) == 0
    paused = capsys.readouterr().out
    for words, more in (["status", "--attention"], 0), (["status"], 2):
        assert cli.main(words) == 0
        lines = capsys.readouterr().out.splitlines()
        assert lines[:4] == [
            paused.strip(),
            "/etc/airflow-watch.json is missing or broken",
            "firewall: table inet airflow_firewall is missing",
            "airflow-watch-alert.timer is inactive: systemctl enable --now airflow-watch-alert.timer",
        ]
        assert len(lines) == 4 + more


@pytest.mark.usefixtures("there")
@pytest.mark.parametrize("words", [["resume", "worker"], ["resume", "worker", "--owner", "ana"]])
def test_a_service_that_is_paused_with_all_others_keeps_only_that_pause(
    words: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    for pause in (
        ["pause", "--for", "1h", "--owner", "site.yml"],
        ["pause", "worker", "--for", "1h", "--owner", "ana"],
    ):
        assert cli.main(pause) == 0
    assert cli.main(words) == 1
    assert "worker stays paused by site.yml" in capsys.readouterr().err
    assert [path.name for path in store.DIRECTORY.iterdir()] == ["all@site.yml.json"]


@pytest.mark.usefixtures("there")
def test_resume_removes_a_pause_whatever_its_file_name(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["pause", "worker", "--for", "1h", "--owner", "ana", "--reason", "a\nfirewall: \x1b[2Jb"]) == 0
    assert "worker: paused by ana (a firewall:  [2Jb) until " in capsys.readouterr().out
    (file,) = store.DIRECTORY.iterdir()
    file.rename(file.with_name("by hand"))
    assert cli.main(["resume", "worker"]) == 0
    assert capsys.readouterr().out.count("\n") == 1
    assert list(store.DIRECTORY.iterdir()) == []


@pytest.mark.parametrize(
    ("text", "line"), [("a\nb", "a b"), ("a\r\u2028b\x1b[1m", "a  b [1m"), ("äß→", "äß→"), ("\udcff", " ")]
)
def test_any_text_becomes_one_line(text: str, line: str) -> None:
    assert output.one_line(text) == line


FILES = str(ROLES / "airflow_watch" / "files")
PROGRAM = """
import pathlib, sys
from airflow_watch.output import say
for number in range(100000):
    say(f"line {number}")
pathlib.Path(sys.argv[1]).touch()
"""


def test_a_closed_pipe_does_not_interrupt_the_work(tmp_path: Path) -> None:
    """As with `| head -1`: the program still completes its work."""
    argv = ["sh", "-c", '"$1" -c "$2" "$3" | head -1', "sh", sys.executable, PROGRAM, str(tmp_path / "done")]
    environment = {"PYTHONPATH": FILES, "PATH": os.environ["PATH"]}
    run = subprocess.run(argv, capture_output=True, text=True, check=True, env=environment)
    assert (run.stdout, run.stderr) == ("line 0\n", "")
    assert (tmp_path / "done").exists()


def test_characters_unknown_to_the_locale_are_escaped() -> None:
    program = "from airflow_watch.output import accept_any_text, say\naccept_any_text()\nsay('\\u00e4')"
    argv = [sys.executable, "-c", program]
    environment = {"PYTHONPATH": FILES, "PYTHONIOENCODING": "ascii"}
    run = subprocess.run(argv, capture_output=True, check=True, env=environment)
    assert run.stdout == b"\\xe4\n"


def test_two_rounds_do_not_overlap_even_on_a_full_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The lock is held on a directory, so that no file has to be written."""
    monkeypatch.setattr(locks, "SECONDS", 0)
    tmp_path.chmod(0o500)
    first, second = locks.alone("round", tmp_path), locks.alone("round", tmp_path)
    with first, pytest.raises(cli.WatchError, match="another round of airflow-watch is under way"), second:
        pass
    with locks.alone("round", tmp_path):
        lock = os.open(tmp_path, os.O_RDONLY)
        with pytest.raises(BlockingIOError):
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        os.close(lock)
    assert list(tmp_path.iterdir()) == []
