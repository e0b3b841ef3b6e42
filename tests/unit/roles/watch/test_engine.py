"""Check whether Docker would start again, and the reaction if it does not."""

from __future__ import annotations

import errno
import os
from typing import TYPE_CHECKING, Any

import pytest
from airflow_watch import engine
from airflow_watch.commands import WatchError

from tests.unit.roles.watch.played import Told

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

RESTART = "systemctl restart docker.service"
START = "systemctl start docker.service"


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A host with an empty disk and no daemon options."""
    for name in ("run", "data", "proc/7"):
        (tmp_path / name).mkdir(parents=True)
    (tmp_path / "proc" / "7" / "cmdline").write_bytes(b"/usr/sbin/dockerd\0-H\0fd://\0")
    monkeypatch.setattr(engine, "RUN", tmp_path / "run")
    monkeypatch.setattr(engine, "PROC", tmp_path / "proc")
    monkeypatch.setattr(engine, "DATA_ROOT", str(tmp_path / "data"))
    monkeypatch.setattr(engine, "DAEMON_JSON", tmp_path / "daemon.json")
    return tmp_path


def docker(monkeypatch: pytest.MonkeyPatch, answers: Mapping[str, Any]) -> tuple[engine.Engine, Told]:
    found = engine.Engine()
    told = Told(answers)
    monkeypatch.setattr(found, "run", told)
    monkeypatch.setattr(engine, "DOCKER_SECONDS", 0)
    return found, told


def test_a_docker_that_can_start(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    found, told = docker(monkeypatch, {"MainPID": "7\n"})
    found.check_docker_can_start()
    assert told.lines == []
    for text in ('{"live-restore": true}', "", "\ufeff{}"):
        engine.DAEMON_JSON.write_text(text, encoding="utf-8")
        found.check_docker_can_start()
    # Validated with the options of the running daemon.
    assert told.lines[-1] == "/usr/sbin/dockerd -H fd:// --validate"
    assert list((here / "run").iterdir()) == []


def test_a_stopped_docker_is_validated_with_daemon_json_only(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    engine.DAEMON_JSON.write_text("{}", encoding="utf-8")
    found, told = docker(monkeypatch, {"MainPID": "0"})
    found.check_docker_can_start()
    assert told.lines[-1] == f"dockerd --config-file {here}/daemon.json --validate"


@pytest.mark.parametrize("text", ["{", "[]", "[" * 100_000])
def test_a_broken_daemon_json_is_named(here: Path, monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    engine.DAEMON_JSON.write_text(text, encoding="utf-8")
    found, _ = docker(monkeypatch, {})
    with pytest.raises(WatchError, match=f"{here}/daemon.json is broken: "):
        found.check_docker_can_start()
    # It is unknown whether Docker manages rules then, so assume that it does.
    assert found.docker_manages_rules()


def test_the_error_for_an_unknown_option_names_it(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    engine.DAEMON_JSON.write_text('{"ip-tables": false}', encoding="utf-8")
    refused = WatchError("the following directives don't match any configuration option: ip-tables")
    found, _ = docker(monkeypatch, {"MainPID": "7", "--validate": refused})
    with pytest.raises(WatchError, match=f"{here}/daemon.json is refused: the following .* ip-tables"):
        found.check_docker_can_start()


def test_a_docker_that_cannot_validate_is_trusted(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Docker 20.10 of Debian 12 has no option --validate."""
    (here / "daemon.json").write_text("{}", encoding="utf-8")
    unknown = WatchError("Status: unknown flag: --validate\nSee 'dockerd --help'., Code: 125")
    found, told = docker(monkeypatch, {"MainPID": "7", "dockerd": unknown})
    found.check_docker_can_start()
    assert "--validate" in told.lines[-1]


@pytest.mark.parametrize("name", ["run", "data"])
def test_an_unwritable_directory_is_named(here: Path, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    """A missing directory simulates one in which no file can be created."""
    (here / name).rmdir()
    found, _ = docker(monkeypatch, {})
    with pytest.raises(WatchError, match=f"{here}/{name} cannot be written: No such file or directory"):
        found.check_docker_can_start()


def test_free_space_is_checked_by_writing_data(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "posix_fallocate", full)
    with pytest.raises(WatchError, match=f"{here} cannot be written: No space left on device"):
        engine.check_space(here)


def test_the_configured_data_root_is_checked(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    engine.DAEMON_JSON.write_text(f'{{"data-root": "{here}/elsewhere"}}', encoding="utf-8")
    found, _ = docker(monkeypatch, {})
    with pytest.raises(WatchError, match="elsewhere cannot be written"):
        found.check_docker_can_start()


def test_a_docker_that_does_not_come_back_is_started_again(monkeypatch: pytest.MonkeyPatch) -> None:
    failed = WatchError("restart failed")
    found, told = docker(monkeypatch, {RESTART: failed, "ActiveState": "failed"})
    found.restart_docker()
    assert [line for line in told.lines if line in (RESTART, START)] == [RESTART, START]
    # A daemon that was only slow is not touched.
    found, told = docker(monkeypatch, {RESTART: failed, "ActiveState": "active"})
    found.restart_docker()
    assert START not in told.lines
    found, told = docker(monkeypatch, {RESTART: failed, "ActiveState": "failed", START: WatchError("start failed")})
    with pytest.raises(
        WatchError, match="restart failed; then start failed; its containers keep running: journalctl -u docker"
    ):
        found.restart_docker()
