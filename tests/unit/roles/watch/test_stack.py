"""Commands that manage the stack's containers."""

from __future__ import annotations

import json
import socket
import subprocess
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import pytest
from airflow_watch import kept, notes
from airflow_watch.commands import WatchError
from airflow_watch.host import Host
from airflow_watch.iptables import parse
from airflow_watch.stack import REPLACE, RESTART

from tests.unit.roles.watch.played import Told

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

COMPOSE = "--progress quiet --project-name p --file c"
OPTIONS = "--no-deps --no-recreate --no-build --pull never --quiet-pull worker"
UP, CREATE = f"{COMPOSE} up --detach {OPTIONS}", f"{COMPOSE} up --no-start {OPTIONS}"


def known(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, answers: Mapping[str, Any] = MappingProxyType({})
) -> tuple[Host, Told]:
    settings = tmp_path / "settings"
    found = {"project": "p", "compose_file": "c", "bridge": "b", "network": "n"}
    settings.write_text(json.dumps(found), encoding="utf-8")
    host, told = Host(settings), Told(answers)
    monkeypatch.setattr(host, "run", told)
    return host, told


@pytest.fixture(autouse=True)
def _records(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(notes, "DIRECTORY", tmp_path / "run")
    monkeypatch.setattr(kept, "DIRECTORY", tmp_path / "kept")


@pytest.mark.parametrize("damage", ["", "[]", "{", "{}", '{"project": "a"}', '{"healing": 7}', "\xff"])
def test_damaged_settings_end_neither_healing_nor_alerts(tmp_path: Path, damage: str) -> None:
    settings = tmp_path / "settings.json"
    settings.write_text(damage, encoding="latin-1")
    with pytest.raises(WatchError, match=r"is missing or broken; run site\.yml"):
        Host(settings)
    settings.write_text('{"project": "x", "compose_file": "y", "bridge": "z"}', encoding="utf-8")
    assert Host(settings).settings_problem == ""
    settings.write_text(damage, encoding="latin-1")
    found = Host(settings)
    assert (found.project, found.compose_file, found.bridge) == ("x", "y", "z")
    assert "is missing or broken; run site.yml" in found.settings_problem
    settings.unlink()
    assert Host(settings).project == "x"


def test_settings_of_an_earlier_release_are_accepted(tmp_path: Path) -> None:
    settings = tmp_path / "settings"
    settings.write_text('{"project": "p", "compose_file": "c", "bridge": "b"}', encoding="utf-8")
    assert Host(settings).network == ""


def test_compose_is_asked_for_the_services_only_if_its_file_changed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(notes, "DIRECTORY", tmp_path / "run")
    host, told = known(tmp_path, monkeypatch, {"config --services": "redis\nworker\n"})
    host.compose_file = str(tmp_path / "compose.yml")
    with pytest.raises(WatchError, match=r"compose\.yml, which lists the stack's services, is missing; run site\.yml"):
        host.expected()
    for text, asked in (("a", 1), ("a", 1), ("ab", 2)):
        if not (tmp_path / "compose.yml").exists() or (tmp_path / "compose.yml").read_text(encoding="utf-8") != text:
            (tmp_path / "compose.yml").write_text(text, encoding="utf-8")
        assert host.expected() == ["redis", "worker"]
        assert len(told.lines) == asked
    # A note that cannot be written, or that is broken, costs only time.
    (tmp_path / "run" / "services.json").write_text("[]", encoding="utf-8")
    assert host.expected() == ["redis", "worker"]
    monkeypatch.setattr(notes, "DIRECTORY", tmp_path / "compose.yml")
    assert host.expected() == ["redis", "worker"]


def test_a_container_is_started_by_its_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    host, told = known(tmp_path, monkeypatch)
    host.start("worker", "p-worker-1")
    assert told.lines == ["docker start p-worker-1"]
    host.start("worker")
    assert told.lines[1:] == [f"docker compose {CREATE}", "docker start p-worker-1"]
    # The container's network may no longer exist.
    host, told = known(tmp_path, monkeypatch, {"docker start": WatchError("network n not found")})
    with pytest.raises(WatchError, match="network n not found"):
        host.start("worker", "p-worker-1")
    assert told.lines == ["docker start p-worker-1", f"docker compose {CREATE}", "docker start p-worker-1"]


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
    host.restart("worker", "p-worker-1", 60)
    assert told.lines[2].endswith(f"/bin/sh -c {RESTART} sh -t 60 p-worker-1")


def test_problems_are_reported_by_units(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    units = "airflow-watch-gave-up-dag-processor.service loaded failed failed gave up\n     Error: on dag-processor\n"
    host, told = known(tmp_path, monkeypatch, {"list-units": units})
    assert host.flags() == {"airflow-watch-gave-up-dag-processor"}
    host.flag("airflow-watch-gave-up-worker", "gave up\n on worker\n")
    host.unflag("airflow-watch-gave-up-worker")
    assert told.lines[1:] == [
        "systemd-run --quiet --unit=airflow-watch-gave-up-worker.service --description=gave up on worker false",
        "systemctl reset-failed airflow-watch-gave-up-worker.service",
    ]


@pytest.mark.parametrize(
    ("script", "fails", "done"),
    [
        (RESTART, "", ["stop p-worker-1", "start p-worker-1"]),
        (RESTART, "stop", ["stop p-worker-1"]),
        (RESTART, "", ["stop -t 60 p-worker-1", "start p-worker-1"]),
        (REPLACE, "", ["stop -t 30 p-worker-1", "rm --force p-worker-1", f"compose {UP}"]),
        (REPLACE, "rm", ["stop -t 30 p-worker-1", "rm --force p-worker-1"]),
    ],
)
def test_commands_of_these_units(tmp_path: Path, script: str, fails: str, done: list[str]) -> None:
    docker = tmp_path / "docker"
    docker.write_text(f'#!/bin/sh\necho "$@" >>{tmp_path}/done\n[ "$1" != "{fails}" ]\n', encoding="utf-8")
    docker.chmod(0o755)
    limit = done[0].split()[1:3] if script == RESTART and "-t" in done[0] else []
    argv = ["/bin/sh", "-c", script, "sh", *limit, "p-worker-1", *(UP.split() if script == REPLACE else [])]
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
    host.load_firewall(["it is missing"])
    assert told.lines[1:] == ["systemctl restart airflow-firewall.service"]
    host, told = known(tmp_path, monkeypatch, {"restart": WatchError("did not end within 20 s")})
    host.load_firewall(["it is missing"])
    assert told.lines[2:] == ["/usr/local/lib/airflow-watch/airflow-firewall load"]


@pytest.mark.parametrize(
    ("problem", "reload_fails", "verbs"),
    [
        ("table inet airflow_firewall is missing", False, ["reload"]),
        ("table inet airflow_firewall is missing", True, ["reload", "restart"]),
        ("airflow-firewall.service does not hold table inet airflow_firewall with its program", False, ["restart"]),
    ],
)
def test_a_program_that_holds_the_table_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, problem: str, reload_fails: bool, verbs: list[str]
) -> None:
    """Kernels before 6.9 remove the table while it restarts."""
    answers = {"show": "active\n", "reload": WatchError("it hangs") if reload_fails else ""}
    host, told = known(tmp_path, monkeypatch, answers)
    host.load_firewall([problem])
    lines = [line for line in told.lines if "show" not in line]
    assert lines == [f"systemctl {verb} airflow-firewall.service" for verb in verbs]


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


def test_servers_on_other_hosts_that_accept_no_connection(tmp_path: Path) -> None:
    settings = tmp_path / "settings.json"
    with socket.create_server(("127.0.0.1", 0)) as there, socket.create_server(("127.0.0.1", 0)) as gone:
        ports = {"redis": there.getsockname()[1], "postgres": gone.getsockname()[1]}
        gone.close()
        servers = {name: f"127.0.0.1:{port}" for name, port in ports.items()}
        words = {"project": "airflow", "compose_file": "x", "bridge": "b", "servers": servers}
        settings.write_text(json.dumps(words), encoding="utf-8")
        assert Host(settings).unreachable() == {"postgres"}
