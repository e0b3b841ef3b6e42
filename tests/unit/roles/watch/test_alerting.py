"""Checks of a host, the calls that follow, and what is shown of them."""

from __future__ import annotations

import json
import os
import time
from typing import TYPE_CHECKING, Any

import pytest
from airflow_watch import alerting, calls, checks, cli, delivery, kept, locks, notes, reserve
from airflow_watch.alerting import Alerting
from airflow_watch.commands import WatchError
from airflow_watch.delivery import Target
from airflow_watch.faults import Fault

from tests.unit.roles.watch.played import Played, Told

if TYPE_CHECKING:
    from pathlib import Path

DISK = Fault("disk:/", "/ is full")


class World:
    """A host with faults that tests set, a receiver, and a clock."""

    def __init__(self, host: Played, monkeypatch: pytest.MonkeyPatch) -> None:
        self.host, self.now = host, 1_800_000_000.0
        self.present: list[Fault] = []
        self.target = Target(command=("/x",))
        self.broken, self.beats_broken = "", ""
        self.got: list[str] = []
        self.beats = 0
        self.said: list[str] = []
        host.checks = {"host": "web1", "target": "/etc/airflow/secrets/watch_alert"}
        host.project = "airflow"
        monkeypatch.setattr(time, "time", lambda: self.now)
        monkeypatch.setattr(checks.Checks, "__init__", lambda *_: None)
        monkeypatch.setattr(checks.Checks, "faults", lambda _: list(self.present))
        monkeypatch.setattr(alerting, "target", lambda _: self.target)
        monkeypatch.setattr(delivery, "deliver", self.deliver)
        monkeypatch.setattr(delivery, "beat", self.beat)

    def deliver(self, _: Target, message: dict[str, str], **__: bool) -> None:
        if self.broken:
            raise WatchError(self.broken)
        self.got.append(f"{message['what']} {message['state']}")

    def beat(self, _: Target) -> None:
        if self.beats_broken:
            raise WatchError(self.beats_broken)
        self.beats += 1

    def minutes(self, count: int = 1) -> bool:
        """Let minutes pass; return whether the last check was delivered."""
        for _ in range(count):
            done = self.alerting().run()
            self.now += 60
        return done

    def alerting(self) -> Alerting:
        return Alerting(self.host, self.said.append)  # type: ignore[arg-type]


@pytest.fixture
def world(host: Played, monkeypatch: pytest.MonkeyPatch) -> World:
    return World(host, monkeypatch)


def test_a_fault_is_called_once_and_its_end_once(world: World) -> None:
    assert world.minutes(3)
    assert (world.got, world.said) == ([], [])
    world.present = [DISK]
    world.minutes(20)
    assert world.got == ["disk:/ failed"]
    assert world.said == ["ALERT failed: disk:/: / is full"]
    assert world.alerting().lines() == ["alert: disk:/: since 2027-01-15T08:03:00+00:00: / is full"]
    world.present = []
    world.minutes(3)
    assert world.alerting().lines() == [
        "alert: disk:/: since 2027-01-15T08:03:00+00:00: / is full (absent since 2027-01-15T08:22:00+00:00)"
    ]
    world.minutes(20)
    assert world.got == ["disk:/ failed", "disk:/ recovered"]
    assert world.alerting().lines() == ["no alert is active"]


def test_a_reboot_repeats_nothing(world: World, tmp_path: Path) -> None:
    world.present = [DISK]
    world.minutes(2)
    for path in (tmp_path / "run").iterdir():
        path.unlink()
    world.minutes(2)
    assert world.got == ["disk:/ failed"]


def test_a_call_that_fails_is_tried_again_and_reported(world: World) -> None:
    world.present, world.broken = [DISK], "no answer"
    assert not world.minutes()
    assert world.said[-1] == "ERROR: alert not delivered yet: disk:/ failed, 1 of 7 attempts: no answer"
    assert not world.minutes()
    world.broken = ""
    world.minutes(10)
    assert world.got == ["disk:/ failed"]
    assert world.alerting().calls == []


def test_a_call_is_given_up_and_shown(world: World) -> None:
    world.present, world.broken = [DISK], "no answer"
    for _ in range(calls.ATTEMPTS):
        world.minutes()
        world.now = max(world.now, world.alerting().calls[0].due)
    assert world.minutes(3)
    assert len([line for line in world.said if line.startswith("ERROR")]) == calls.ATTEMPTS
    assert world.alerting().lines()[-1] == ("alert not delivered after 7 attempts, given up: disk:/ failed: no answer")


def test_a_program_that_is_killed_during_a_call_counts_the_attempt(world: World) -> None:
    def killed(*_: Any) -> None:
        raise KeyboardInterrupt

    world.present = [DISK]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(delivery, "deliver", killed)
        with pytest.raises(KeyboardInterrupt):
            world.minutes()
    assert world.alerting().calls[0].attempts == 1
    world.minutes()
    assert world.got == []
    world.minutes(2)
    assert world.got == ["disk:/ failed"]


def test_a_host_without_faults_writes_nothing(world: World, tmp_path: Path) -> None:
    world.minutes(1)
    times = [path.stat().st_mtime_ns for path in (tmp_path / "kept").iterdir()]
    world.minutes(3)
    assert [path.stat().st_mtime_ns for path in (tmp_path / "kept").iterdir()] == times


def test_without_a_record_nothing_is_called(world: World, tmp_path: Path) -> None:
    """Otherwise each check would call again."""
    world.present = [DISK]
    for name in ("run", "kept"):
        (tmp_path / name).touch()
    with pytest.raises(WatchError, match="cannot be written"):
        world.minutes()
    assert world.got == []


def test_alerts_from_before_there_was_a_target_are_reported_once_there_is_one(world: World) -> None:
    world.target, world.present = Target(), [DISK, Fault("inodes:/", "/ has too many files")]
    assert world.minutes()
    assert world.said == ["ALERT failed: disk:/: / is full", "ALERT failed: inodes:/: / has too many files"]
    assert all(line.endswith("(not reported)") for line in world.alerting().lines())
    # What has recovered by then is not reported.
    world.present = [DISK]
    world.minutes(6)
    world.target = Target(command=("/x",))
    world.minutes(2)
    assert world.got == ["disk:/ failed"]
    assert not world.alerting().lines()[0].endswith("(not reported)")
    world.present = []
    world.minutes(6)
    assert world.got == ["disk:/ failed", "disk:/ recovered"]


def test_a_target_that_cannot_be_read_loses_no_call(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(_: object) -> Target:
        raise WatchError("the file is damaged")

    world.present = [DISK]
    with monkeypatch.context() as patch:
        patch.setattr(alerting, "target", broken)
        assert not world.minutes(2)
    assert world.said[-1] == "ERROR: the file is damaged"
    world.minutes()
    assert world.got == ["disk:/ failed"]


def test_heartbeats_end_if_nothing_is_healed_or_alerts_do_not_arrive(world: World) -> None:
    world.target = Target(("/x",), heartbeat="http://h/")
    world.minutes(3)
    assert world.beats == 3
    world.present = [DISK]
    world.minutes(2)
    assert world.beats == 5
    world.present, world.broken = [DISK, Fault("firewall", "open")], "no answer"
    world.minutes(3)
    assert world.beats == 5
    world.broken = ""
    world.minutes(10)
    assert world.beats > 5
    world.present, before = [Fault("rounds", "no round has ended")], world.beats
    world.minutes(3)
    assert world.beats == before


def test_a_heartbeat_that_fails_is_an_alert_after_a_while(world: World) -> None:
    world.target, world.beats_broken = Target(("/x",), heartbeat="http://h/"), "answers 404"
    assert not world.minutes(10)
    assert world.got == []
    world.minutes(10)
    assert world.got == ["heartbeat failed"]
    world.beats_broken = ""
    world.minutes(10)
    assert world.got == ["heartbeat failed", "heartbeat recovered"]


def test_a_slow_target_does_not_delay_a_check_without_end(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    clock = iter(range(0, 10**6, 100))
    monkeypatch.setattr(time, "monotonic", lambda: float(next(clock)))
    world.present = [Fault(str(number), "x") for number in range(5)]
    assert not world.minutes()
    assert len(world.got) == 1
    assert "further alerts have to wait for the next check" in world.said[-1]
    world.minutes(6)
    assert len(world.got) == 5


def test_a_test_says_that_something_failed_and_recovered(world: World) -> None:
    assert alerting.test(world.host, world.said.append)  # type: ignore[arg-type]
    assert world.got == ["test failed", "test recovered"]
    world.target = Target()
    with pytest.raises(WatchError, match="alerts go nowhere: set airflow_watch_alert"):
        alerting.test(world.host, world.said.append)  # type: ignore[arg-type]


def test_the_command_line(world: World, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: Any) -> None:
    monkeypatch.setattr(locks, "ALERTS", tmp_path)
    monkeypatch.setattr(cli, "Host", lambda: world.host)
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    world.present, world.broken = [DISK], "no answer"
    assert cli.main(["alert"]) == 1
    world.broken, world.now = "", world.now + 60
    assert cli.main(["alert"]) == 0
    assert cli.main(["alert", "--test"]) == 0
    assert world.got == ["disk:/ failed", "test failed", "test recovered"]
    world.host.checks = {}
    assert cli.main(["alert"]) == 1
    assert "the settings of alerts are missing; run site.yml" in capsys.readouterr().err


UNITS = """\
airflow-watch.timer loaded active waiting Check the Airflow stack twice a minute
airflow-backup.timer loaded active waiting Back up the Airflow stack on schedule
airflow-firewall.service loaded failed failed Firewall for the containers of the Airflow stack
"""


@pytest.fixture
def checked(host: Played, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Played:
    """A host without faults, apart from its firewall's unit."""
    for name in ("ca.crt", "settings"):
        (tmp_path / name).write_text("x", encoding="ascii")
    host.checks = {
        "services": ["worker"],
        "after": 300,
        "timers": ["airflow-watch.timer"],
        "backup": {
            "record": str(tmp_path / "none"),
            "settings_file": str(tmp_path / "settings"),
            "interval": 86400,
            "timers": ["airflow-backup.timer"],
            "drills": True,
        },
        "certificates": [str(tmp_path / "*.crt")],
        "places": [
            {"name": "data", "path": "", "volume": "", "low": 0, "low_inodes": 0},
            {"name": "postgres", "path": "", "volume": "airflow_postgres_data", "low": 0, "low_inodes": 0},
            {"name": "logs", "path": str(tmp_path), "volume": "", "low": 0, "low_inodes": 0},
        ],
        "reserve": {"size": 256, "low": 1, "volume": "airflow_postgres_data"},
    }
    monkeypatch.setattr(host, "run", Told({"list-units": UNITS, "LastTriggerUSec": "@0\n"}), raising=False)
    monkeypatch.setattr(host, "data_root", lambda: str(tmp_path), raising=False)
    monkeypatch.setattr(host, "volume_directory", lambda _: None, raising=False)
    checks.note_round([])
    return host


def found(host: Played) -> list[str]:
    return [fault.what for fault in checks.Checks(host, []).faults()]  # type: ignore[arg-type]


def test_all_checks_read_the_host(checked: Played, tmp_path: Path) -> None:
    assert found(checked) == ["unit:airflow-firewall.service", f"certificate:{tmp_path}/ca.crt"]
    checks.note_round([("start_services", "worker: broken")])
    kept.write(reserve.RECORD, time.time() - 5)
    checked.checks["places"][2]["low"] = 1 << 40
    assert found(checked)[0] == "service:worker"
    assert found(checked)[-1] == "reserve"
    assert [what for what in found(checked) if what.startswith("disk:")] != []


def test_backups_may_be_set_up_later_than_the_checks(checked: Played, tmp_path: Path) -> None:
    checked.checks["backup"]["timers"] = ["airflow-backup-drill.timer"]
    assert "unit:airflow-backup-drill.timer" in found(checked)
    (tmp_path / "settings").unlink()
    assert "unit:airflow-backup-drill.timer" not in found(checked)
    (fault,) = [one for one in checks.Checks(checked, []).faults() if one.what == "backup:settings"]  # type: ignore[arg-type]
    assert fault.after == checks.SET_UP_SECONDS


def test_a_check_that_fails_is_a_fault_and_hinders_no_other(checked: Played, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checked, "run", Told({"systemctl": WatchError("`systemctl` did not end within 60 s")}))
    del checked.checks["services"]
    all_found = checks.Checks(checked, []).faults()  # type: ignore[arg-type]
    assert [fault.what for fault in all_found][:3] == ["check:rounds", "check:units", "check:backups"]
    assert all_found[0].text == "rounds cannot be checked: KeyError('services')"
    assert all_found[1].text == "units cannot be checked: `systemctl` did not end within 60 s"
    assert all_found[3].what.startswith("certificate:")


def test_a_check_that_cannot_say_what_is_wrong_is_unknown(checked: Played, monkeypatch: pytest.MonkeyPatch) -> None:
    assert checks.unknown(checks.Checks(checked, []).faults()) == set()  # type: ignore[arg-type]
    notes.write(checks.ROUND, {"finished": time.time() - 7200, "failures": [["start_services", "worker: broken"]]})
    monkeypatch.setattr(checked, "run", Told({"systemctl": WatchError("`systemctl` did not end within 60 s")}))
    assert checks.unknown(checks.Checks(checked, []).faults()) == {"rounds", "units", "backups"}  # type: ignore[arg-type]


def test_a_round_is_noted_with_its_steps(checked: Played) -> None:
    checks.note_round([("a", "b")])
    note = notes.read(checks.ROUND)
    assert note["failures"] == [["a", "b"]]
    assert json.dumps(checked.checks)
