"""Commands that manage the stack's containers."""

from __future__ import annotations

import json
import subprocess
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import pytest
from airflow_watch.commands import WatchError
from airflow_watch.host import Host
from airflow_watch.iptables import parse
from airflow_watch.stack import REPLACE, RESTART

from tests.unit.roles.watch.played import Told

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

COMPOSE = "--progress quiet --project-name p --file c"
UP = f"{COMPOSE} up --detach --no-deps --no-recreate --no-build --pull never --quiet-pull worker"


def known(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, answers: Mapping[str, Any] = MappingProxyType({})
) -> tuple[Host, Told]:
    settings = tmp_path / "settings"
    found = {"project": "p", "compose_file": "c", "bridge": "b", "network": "n"}
    settings.write_text(json.dumps(found), encoding="utf-8")
    host, told = Host(settings), Told(answers)
    monkeypatch.setattr(host, "run", told)
    return host, told


def test_settings_of_an_earlier_release_are_accepted(tmp_path: Path) -> None:
    settings = tmp_path / "settings"
    settings.write_text('{"project": "p", "compose_file": "c", "bridge": "b"}', encoding="utf-8")
    assert Host(settings).network == ""


def test_a_container_is_started_by_its_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    host, told = known(tmp_path, monkeypatch)
    host.start("worker", "p-worker-1")
    assert told.lines == ["docker start p-worker-1"]
    host.start("worker")
    assert told.lines[1:] == [f"docker compose {UP}"]
    # The container's network may no longer exist.
    host, told = known(tmp_path, monkeypatch, {"docker start": WatchError("network n not found")})
    host.start("worker", "p-worker-1")
    assert told.lines == ["docker start p-worker-1", f"docker compose {UP}"]


def test_restarts_and_replacements_run_in_separate_units(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    host, told = known(tmp_path, monkeypatch)
    host.restart("worker", "p-worker-1")
    host.replace("worker", "p-worker-1")
    unit = "systemd-run --quiet --unit=airflow-watch-restart-worker.service --description="
    assert [line.partition("Airflow stack ")[0] + "Airflow stack" for line in told.lines] == [
        f"{unit}Restart the unhealthy service worker of the Airflow stack",
        f"{unit}Replace the container of service worker of the Airflow stack",
    ]
    assert told.lines[0].endswith(f"/bin/sh -c {RESTART} sh p-worker-1")
    assert told.lines[1].endswith(f"/bin/sh -c {REPLACE} sh p-worker-1 {UP}")


@pytest.mark.parametrize(
    ("script", "fails", "done"),
    [
        (RESTART, "", ["stop p-worker-1", "start p-worker-1"]),
        (RESTART, "stop", ["stop p-worker-1"]),
        (REPLACE, "", ["stop -t 30 p-worker-1", "rm --force p-worker-1", f"compose {UP}"]),
        (REPLACE, "rm", ["stop -t 30 p-worker-1", "rm --force p-worker-1"]),
    ],
)
def test_commands_of_these_units(tmp_path: Path, script: str, fails: str, done: list[str]) -> None:
    docker = tmp_path / "docker"
    docker.write_text(f'#!/bin/sh\necho "$@" >>{tmp_path}/done\n[ "$1" != "{fails}" ]\n', encoding="utf-8")
    docker.chmod(0o755)
    argv = ["/bin/sh", "-c", script, "sh", "p-worker-1", *(UP.split() if script == REPLACE else [])]
    run = subprocess.run(argv, env={"PATH": f"{tmp_path}:/usr/bin:/bin"}, check=False)
    assert (tmp_path / "done").read_text(encoding="utf-8").splitlines() == done
    assert bool(run.returncode) is bool(fails)


UNITS = """\
airflow-watch-restart-dag-processor.service loaded failed failed Restart the unhealthy service
airflow-watch-restart-redis.service loaded inactive dead Restart the unhealthy service
airflow-watch-restart-worker.service loaded active running Restart the unhealthy service
"""


def test_restarts_in_progress_and_failed_ones(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    host, told = known(tmp_path, monkeypatch, {"list-units": UNITS})
    assert host.restarts(forget=False) == (["worker"], ["dag-processor"])
    assert len(told.lines) == 1
    assert host.restarts() == (["worker"], ["dag-processor"])
    assert told.lines[-1] == "systemctl reset-failed airflow-watch-restart-dag-processor.service"
    host.stop_restart("worker")
    assert told.lines[-1] == "systemctl stop airflow-watch-restart-worker.service"


def test_the_firewall_is_loaded_without_its_unit_if_systemd_delays_that(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A start of the unit waits for a stop of Docker that is under way."""
    host, told = known(tmp_path, monkeypatch)
    host.load_firewall()
    assert told.lines == ["systemctl restart airflow-firewall.service"]
    host, told = known(tmp_path, monkeypatch, {"restart": WatchError("did not end within 20 s")})
    host.load_firewall()
    assert told.lines[1:] == ["/usr/local/lib/airflow-watch/airflow-firewall load"]


@pytest.mark.parametrize("there", [0, 2])
def test_the_jump_to_user_rules_is_moved_in_one_commit(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, there: int
) -> None:
    jump = "FORWARD -j DOCKER-USER"
    host, told = known(tmp_path, monkeypatch, {"save": f"-A {jump}\n" * there + "-A X -j DOCKER-USER\n"})
    host.ask_user_rules_first()
    assert told.data == ["\n".join(["*filter", *[f"-D {jump}"] * there, f"-I {jump}", "COMMIT", ""])]


RULE = (
    rb"""*filter
:INPUT ACCEPT [0:0]
-A INPUT --log-prefix caf"""
    + b"\xe9"
    + rb""" -j LOG
COMMIT
"""
)


def test_a_rule_with_invalid_utf_8_is_accepted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Old scripts may write text in Latin-1."""
    (tmp_path / "rules").write_bytes(RULE)
    host, _ = known(tmp_path, monkeypatch)
    monkeypatch.undo()
    printed = host.run("cat", str(tmp_path / "rules"))
    # It must be printable.
    assert "caf\\xe9" in printed
    printed.encode()
    assert parse(printed)["filter"]["INPUT"] == ["--log-prefix caf\\xe9 -j LOG"]
