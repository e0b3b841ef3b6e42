"""The command airflow-watch: what it accepts, what it prints, and what it stops."""

from __future__ import annotations

import fcntl
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from airflow_watch import cli, output, store

from tests.rows import ROLES
from tests.unit.roles.watch.played import Played


@pytest.fixture
def there(host: Played, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Played:
    """A host on which root runs the command."""
    monkeypatch.setattr(store, "DIRECTORY", tmp_path / "pauses")
    monkeypatch.setattr(cli, "LOCK", tmp_path)
    monkeypatch.setattr(cli, "Host", lambda: host)
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    return host


def under_way(*services: str) -> Any:
    return lambda **_: (list(services), [])


@pytest.mark.parametrize("owner", ["", "  "])
def test_nobody_pauses_or_resumes(there: Played, owner: str, capsys: pytest.CaptureFixture[str]) -> None:
    """As in a script whose variable is not set: the pause could not be read, and all would end."""
    assert cli.main(["pause", "worker", "--for", "1h", "--owner", owner]) == 1
    assert "--owner is empty; write who pauses" in capsys.readouterr().err
    assert not store.DIRECTORY.exists()
    assert cli.main(["pause", "--for", "1h", "--owner", "ana"]) == 0
    assert cli.main(["resume", "--owner", owner]) == 1
    assert "--owner is empty; write whose pauses end" in capsys.readouterr().err
    assert len(list(store.DIRECTORY.iterdir())) == 1
    assert there.done == []


@pytest.mark.usefixtures("there")
def test_an_empty_service_is_not_all_of_them(capsys: pytest.CaptureFixture[str]) -> None:
    for words in (["pause", "", "--for", "1h"], ["resume", ""]):
        assert cli.main(words) == 1
        assert "no service '' on this host; there are: worker" in capsys.readouterr().err


def test_a_pause_ends_a_restart_that_is_under_way(
    there: Played, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    there.services = ["redis", "worker"]
    monkeypatch.setattr(there, "restarts", under_way("redis", "worker"))
    assert cli.main(["pause", "worker", "--for", "1h", "--owner", "ana"]) == 0
    assert there.done == ["stop_restart worker"]
    said = capsys.readouterr().out.splitlines()
    assert said[0].startswith("worker: its restart was under way and goes no further. If Docker has already told")
    assert said[1].startswith("worker: paused by ana until ")
    assert cli.main(["pause", "--for", "1h", "--owner", "ana"]) == 0
    assert there.done[1:] == ["stop_restart redis", "stop_restart worker"]


def test_status_shows_a_restart_that_is_under_way(
    there: Played, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(there, "restarts", under_way("worker"))
    there.there = [there.there[0]._replace(ours=False, status="exited"), *there.there]
    assert cli.main(["status"]) == 0
    assert capsys.readouterr().out.splitlines() == [
        "no service is paused",
        "firewall: strangers are kept out",
        "worker: running, healthy (its restart is under way)",
    ]


@pytest.mark.usefixtures("there")
def test_a_pause_of_a_person_is_ended(capsys: pytest.CaptureFixture[str]) -> None:
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
def test_a_text_is_one_line(text: str, line: str) -> None:
    assert output.one_line(text) == line


FILES = str(ROLES / "airflow_watch" / "files")
PROGRAM = """
import pathlib, sys
from airflow_watch.output import say
for number in range(100000):
    say(f"line {number}")
pathlib.Path(sys.argv[1]).touch()
"""


def test_nobody_has_to_read_to_the_end(tmp_path: Path) -> None:
    """As with `| head -1`; what was begun is done all the same."""
    argv = ["sh", "-c", '"$1" -c "$2" "$3" | head -1', "sh", sys.executable, PROGRAM, str(tmp_path / "done")]
    environment = {"PYTHONPATH": FILES, "PATH": os.environ["PATH"]}
    run = subprocess.run(argv, capture_output=True, text=True, check=True, env=environment)
    assert (run.stdout, run.stderr) == ("line 0\n", "")
    assert (tmp_path / "done").exists()


def test_a_locale_without_a_letter_ends_nothing() -> None:
    program = "from airflow_watch.output import accept_any_text, say\naccept_any_text()\nsay('\\u00e4')"
    argv = [sys.executable, "-c", program]
    environment = {"PYTHONPATH": FILES, "PYTHONIOENCODING": "ascii"}
    run = subprocess.run(argv, capture_output=True, check=True, env=environment)
    assert run.stdout == b"\\xe4\n"


def test_two_rounds_do_not_overlap_on_a_host_without_space(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The lock is a directory: nothing is written."""
    monkeypatch.setattr(cli, "LOCK", tmp_path)
    tmp_path.chmod(0o500)
    with cli.alone(0), pytest.raises(cli.WatchError, match="another round of airflow-watch is under way"), cli.alone(0):
        pass
    with cli.alone(0):
        lock = os.open(tmp_path, os.O_RDONLY)
        with pytest.raises(BlockingIOError):
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        os.close(lock)
    assert list(tmp_path.iterdir()) == []
