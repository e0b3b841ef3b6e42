"""What counts as a fault."""

from __future__ import annotations

import ssl
import subprocess
import time
from typing import TYPE_CHECKING, Any

import pytest
from airflow_watch import certificates, disks, faults
from airflow_watch.disks import Disk

if TYPE_CHECKING:
    from pathlib import Path

NOW, DAY, HOUR = 1_800_000_000.0, 86400, 3600
SERVICES = ["postgres", "worker"]
BACKUPS = {"interval": DAY, "since": NOW - 10 * DAY, "drills": True}


def kinds(found: list[faults.Fault]) -> list[str]:
    return [fault.what for fault in found]


def rounds(*failures: tuple[str, str], finished: float = NOW - 30) -> list[faults.Fault]:
    note = {"finished": finished, "failures": [list(one) for one in failures]}
    return faults.of_round(note, SERVICES, NOW, 10 * DAY, 300)


def test_a_failed_step_is_a_fault_of_its_subject() -> None:
    found = rounds(
        ("keep_strangers_out", "other hosts may reach the stack"),
        ("restore", "rules of Docker are missing"),
        ("start_services", "worker: docker start failed"),
        ("start_services", "postgres does not stay up: it exited 3 times"),
        ("start_services", "missing services cannot be detected: compose.yml is missing"),
        ("keep_reserve", "x: No space left on device"),
    )
    assert kinds(found) == [
        "firewall",
        "docker_rules",
        "service:worker",
        "service:postgres",
        "services",
        "reserve_file",
    ]
    assert {fault.after for fault in found} == {300}


def test_two_lines_on_a_service_are_one_fault() -> None:
    (fault,) = rounds(("start_services", "worker: a"), ("start_services", "worker was started, but is exited"))
    assert fault.text == "worker was started, but is exited"


def test_a_step_of_a_later_release_is_a_fault_too() -> None:
    assert kinds(rounds(("sweep", "x"), ("", "y"))) == ["sweep", "services"]


@pytest.mark.parametrize("note", [None, {}, [], {"finished": "x"}, {"finished": 1, "failures": [1]}])
def test_without_a_note_rounds_are_missing_when_the_host_is_up_for_long(note: Any) -> None:
    assert faults.of_round(note, SERVICES, NOW, 600, 300) == []
    assert kinds(faults.of_round(note, SERVICES, NOW, 3600, 300)) == ["rounds"]


def test_rounds_that_ended_long_ago_are_missing_and_nothing_else_is_known() -> None:
    (fault,) = rounds(("restore", "x"), finished=NOW - 1500)
    assert fault.text.startswith("no round of airflow-watch has ended for 25 minutes, so nothing is healed")


def test_failed_units_and_timers_that_do_not_run_are_faults() -> None:
    states = {
        "docker.service": "failed",
        "airflow-firewall.service": "failed",
        "airflow-watch.timer": "active",
        "airflow-watch-restart-worker.service": "active",
        "airflow-backup.timer": "inactive",
        # The record of the backups and the rounds tell more.
        "airflow-watch.service": "failed",
        "airflow-watch-alert.service": "failed",
        "airflow-backup.service": "failed",
    }
    found = faults.of_units(states, ["airflow-watch.timer", "airflow-backup.timer", "airflow-backup-drill.timer"])
    assert [fault.text for fault in found] == [
        "airflow-firewall.service has failed: systemctl status airflow-firewall.service",
        "docker.service has failed: systemctl status docker.service",
        "airflow-backup.timer is inactive: systemctl enable --now airflow-backup.timer",
        "airflow-backup-drill.timer is missing: systemctl enable --now airflow-backup-drill.timer",
    ]


def backups(record: Any, fired: float = 0, failed: tuple[str, ...] = (), **settings: Any) -> list[str]:
    found = faults.of_backups(record, {**BACKUPS, **settings}, fired, failed, NOW)
    return [f"{fault.what}: {fault.text}" for fault in found]


def recorded(hours: float, **more: Any) -> dict[str, Any]:
    return {"backup": {"finished": NOW - hours * HOUR}, "failures": {}, **more}


def test_a_recent_backup_is_no_fault() -> None:
    assert backups(recorded(47)) == []


def test_two_missed_backups_are_a_fault() -> None:
    assert backups(recorded(49)) == [
        "backup:backup: two scheduled backups are overdue; the last one ended 2027-01-13 07:00 UTC: "
        "airflow-backup status"
    ]
    assert backups(recorded(1.9), interval=HOUR) == []
    assert len(backups(recorded(2.1), interval=HOUR)) == 1


@pytest.mark.parametrize("record", [None, {}, [], {"backup": 7, "failures": 7}, {"backup": {"finished": "x"}}])
def test_without_a_backup_the_time_since_the_set_up_counts(record: Any) -> None:
    assert backups(record, since=NOW - DAY) == []
    (text,) = backups(record)
    assert "two scheduled backups are overdue; none was made since 2027-01-05" in text


def test_failures_are_reported_by_kind() -> None:
    record = recorded(1, failures={"backup": "20270115T023000Z: disk full", "drill": "rows differ", "check": "damage"})
    assert backups(record) == [
        "backup:backup: the last backup failed: 20270115T023000Z: disk full",
        "backup:check: the last check failed: damage",
        "backup:drill: the last drill failed: rows differ",
    ]


def test_a_program_that_did_not_start_records_nothing() -> None:
    assert backups(recorded(1), failed=("airflow-backup.service",)) == [
        "backup:backup: the last backup failed: journalctl -u airflow-backup.service"
    ]
    damage = recorded(1, failures={"check": "damage"})
    assert backups(damage, failed=("airflow-backup-drill.service",)) == ["backup:check: the last check failed: damage"]


@pytest.mark.parametrize(
    ("fired", "drilled", "drills", "late"),
    [
        (0, 0, True, False),
        (NOW - 2 * DAY, NOW - 2 * DAY + 60, True, False),
        (NOW - HOUR, NOW - 7 * DAY, True, False),
        (NOW - 2 * DAY, NOW - 7 * DAY, True, True),
        (NOW - 2 * DAY, 0, True, True),
        (NOW - 2 * DAY, 0, False, False),
    ],
)
def test_a_drill_that_fired_and_did_not_succeed_is_a_fault(
    fired: float, drilled: float, drills: bool, late: bool
) -> None:
    record = recorded(1, drill={"finished": drilled}) if drilled else recorded(1)
    assert bool(backups(record, fired, drills=drills)) is late


@pytest.mark.parametrize(
    ("days", "words"), [(31, ""), (29, "expires on 2027-02-13"), (-1, "has expired on 2027-01-14")]
)
def test_a_certificate_near_its_end_is_a_fault(days: float, words: str) -> None:
    found = faults.of_certificates({"/x/ca.crt": NOW + days * DAY}, NOW)
    assert [fault.what for fault in found] == (["certificate:/x/ca.crt"] if words else [])
    assert all(words in fault.text for fault in found)


def test_a_damaged_certificate_is_a_fault() -> None:
    (fault,) = faults.of_certificates({"/x/ca.crt": "it is damaged"}, NOW)
    assert fault.text == "the certificate in /x/ca.crt cannot be read: it is damaged; run site.yml"


@pytest.mark.parametrize("days", [1, 3650, 30000])
@pytest.mark.parametrize("kind", ["ec", "rsa"])
def test_the_end_of_a_certificate_is_that_which_openssl_reads(tmp_path: Path, days: int, kind: str) -> None:
    path = tmp_path / "x.crt"
    new = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1"] if kind == "ec" else ["-newkey", "rsa:2048"]
    argv = ["openssl", "req", "-x509", *new, "-nodes", "-keyout", "/dev/null", "-subj", "/CN=x", "-days", str(days)]
    subprocess.run([*argv, "-out", str(path)], check=True, capture_output=True)
    shown = ["openssl", "x509", "-noout", "-enddate", "-in", str(path)]
    said = subprocess.run(shown, check=True, capture_output=True, text=True).stdout
    assert certificates.end(path) == ssl.cert_time_to_seconds(said.strip().removeprefix("notAfter="))
    # Of a list of CAs, any one may be in use.
    whole = path.read_text(encoding="ascii")
    path.write_text(f"# für alle\n{whole}{whole}", encoding="utf-8")
    assert isinstance(certificates.end(path), float)
    for text in (whole.replace("MII", "AII", 1), whole[:200] + whole[-27:], "", "\xff"):
        path.write_text(text, encoding="latin-1")
        assert certificates.end(path) in ("it is damaged", "it holds no certificate")
    assert certificates.end(tmp_path / "none") == "No such file or directory"


def disk(free: int, inodes: int = -1) -> Disk:
    return Disk(("logs", "images"), "/", free, inodes, 2048, 20000)


def test_low_space_is_a_fault_at_once_if_it_is_very_low() -> None:
    assert disks.faults([disk(2048)], []) == []
    (low,) = disks.faults([disk(2047)], [])
    assert low.what == "disk:/"
    assert low.text.startswith("the file system of / (logs, images) has 2047 MiB free, less than 2048")
    assert low.after == 300
    assert disks.faults([disk(1024)], [])[0].after == 0


def test_a_reported_disk_is_low_until_there_is_a_margin() -> None:
    assert len(disks.faults([disk(2200)], ["disk:/"])) == 1
    assert disks.faults([disk(2253)], ["disk:/"]) == []


def test_low_inodes_are_a_fault_where_their_number_is_fixed() -> None:
    assert kinds(disks.faults([disk(9999, 19999)], [])) == ["inodes:/"]
    assert disks.faults([disk(9999, 20000)], []) == disks.faults([disk(9999, -1)], []) == []
    assert kinds(disks.faults([disk(0, 0)], [])) == ["disk:/", "inodes:/"]


def test_places_on_one_file_system_are_measured_together(tmp_path: Path) -> None:
    places: list[dict[str, Any]] = [
        {"name": "a", "path": str(tmp_path / "not" / "there"), "low": 1, "low_inodes": 5},
        {"name": "b", "path": str(tmp_path), "low": 9, "low_inodes": 2},
        {"name": "c", "path": "/proc", "low": 0, "low_inodes": 0},
    ]
    (one, other), silent = disks.measure(places)
    assert silent == []
    assert (one.places, one.low, one.low_inodes) == (("a", "b"), 9, 5)
    assert str(tmp_path).startswith(one.path)
    assert (other.path, other.places, other.inodes) == ("/proc", ("c",), -1)


def test_a_file_system_that_does_not_answer_hinders_no_other(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    look = disks._look
    monkeypatch.setattr(disks, "_look", lambda path: time.sleep(60) if path == "/hung" else look(path))
    place = {"name": "a", "low": 1, "low_inodes": 5}
    found, silent = disks.measure([{**place, "path": "/hung"}, {**place, "path": str(tmp_path)}], seconds=0.2)
    assert silent == ["/hung"]
    assert [disk.places for disk in found] == [("a",)]
