"""The record of backups, the texts that a Fernet key opens, and the stack's lock of a timer."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.backup import fernet, stack_lock, status
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.backup.settings import BackupError
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.host import lock
from cryptography.fernet import Fernet

NOW = 1_800_000_000
BACKUP = {"set": "20261129T023000Z", "finished": NOW - 3 * 3600, "seconds": 4.2, "bytes": 3 << 20, "missing": []}


def test_before_the_first_backup() -> None:
    assert status.lines({}, NOW) == ["last backup: none yet"]


def test_all_results_are_shown() -> None:
    found = {
        "backup": {**BACKUP, "missing": ["worker2"]},
        "check": {"finished": NOW - 90, "seconds": 1.0},
        "drill": {"set": "S", "finished": NOW - 5 * 86400, "seconds": 9.5},
        "failures": {"backup": "20261129T033000Z: no space left"},
    }
    assert status.lines(found, NOW) == [
        "last backup: 20261129T023000Z, 3 h ago, 4.2 s, 3.0 MiB of dumps",
        "it lacks the files of worker2",
        "last check of the repository: 90 s ago, 1.0 s",
        "last restore drill: S, 5 d ago, 9.5 s",
        "FAILED since then: backup: 20261129T033000Z: no space left",
    ]


def test_an_excluded_database_is_named() -> None:
    assert status.lines({"backup": {**BACKUP, "bytes": 0, "excluded": "airflow"}}, NOW) == [
        "last backup: 20261129T023000Z, 3 h ago, 4.2 s",
        "it lacks database airflow, because airflow_backup_external_database is false",
    ]


@pytest.mark.parametrize(
    ("every", "hours", "late"), [("daily", 47, 0), ("daily", 49, 1), ("hourly", 3, 1), (None, 47, 0)]
)
def test_an_overdue_backup_is_named(every: str | None, hours: int, late: int) -> None:
    found = {"backup": {**BACKUP, "finished": NOW - hours * 3600, **({"every": every} if every else {})}}
    assert sum("OVERDUE" in line for line in status.lines(found, NOW)) == late


def test_a_success_ends_the_failure_of_its_kind_and_keeps_the_rest(tmp_path: Path) -> None:
    records = str(tmp_path / "records")
    status.repository(records, "/var/backups/airflow", "id")
    status.failed(records, "backup", "full")
    status.failed(records, "check", "damaged")
    status.done(records, "backup", set="S")
    found = status.read(records)
    assert found["failures"] == {"check": "damaged"}
    assert found["repositories"] == {"/var/backups/airflow": "id"}
    assert found["backup"]["set"] == "S"
    assert (tmp_path / "records" / status.FILE).stat().st_mode & 0o777 == 0o600


def test_a_failure_that_cannot_be_recorded_does_not_hide_its_cause() -> None:
    status.failed("/proc/nowhere", "backup", "full")


@pytest.mark.parametrize("text", ["", "[]", "{", "null"])
def test_a_damaged_record_counts_as_none(tmp_path: Path, text: str) -> None:
    (tmp_path / status.FILE).write_text(text)
    assert status.read(str(tmp_path)) == {}


def test_a_key_opens_what_it_encrypted() -> None:
    key, other = (Fernet.generate_key().decode() for _ in range(2))
    token = Fernet(key.encode()).encrypt(b"secret").decode()
    assert fernet.opens(token, key)
    assert fernet.opens(token, f"{other},{key}")
    assert not fernet.opens(token, other)
    assert not fernet.opens(token[:-4] + "AAA=", key)
    assert not fernet.opens("plain text", key)


def test_a_timer_gives_up_while_a_run_holds_the_lock(tmp_path: Path) -> None:
    records, said = str(tmp_path), []
    other = lock.description(os.getpid(), "site", "2026-11-29T11:06:22Z")
    lock.acquire(f"{records}/lock.json", other)
    with (
        pytest.raises(BackupError, match=r"gave up after 0 s: another run holds the lock .*site\.yml"),
        stack_lock.held(records, "backup_airflow", 0, said.append),
    ):
        pass
    assert lock.read(f"{records}/lock.json") == other


def test_the_lock_of_a_timer_ends_with_it(tmp_path: Path) -> None:
    path = tmp_path / "lock.json"
    with stack_lock.held(str(tmp_path), "backup_airflow", 0, print):
        holder = json.loads(path.read_text())
        assert (holder["playbook"], holder["unattended"]) == ("backup_airflow", True)
    assert not path.exists()


@pytest.mark.parametrize("change", [{"pid": 2**22 - 1}, {"boot": "earlier"}, {"machine": "m other"}])
def test_a_power_cut_or_a_kill_ends_the_lock_of_a_timer(tmp_path: Path, change: dict[str, object]) -> None:
    path = str(tmp_path / "lock.json")
    killed = {**lock.description(os.getpid(), "backup_airflow", "2026-11-29T02:30:00Z", unattended=True), **change}
    lock.acquire(path, killed)
    assert lock.look(path)["holder"] == {}
    run = lock.description(os.getpid(), "site", "2026-11-29T11:06:22Z")
    assert lock.acquire(path, run, seen=str(killed["id"]))["holder"] == run


def test_a_running_timer_keeps_the_lock(tmp_path: Path) -> None:
    path = str(tmp_path / "lock.json")
    running = lock.description(os.getpid(), "backup_airflow", "2026-11-29T02:30:00Z", unattended=True)
    lock.acquire(path, running)
    assert lock.look(path)["holder"] == running
    assert lock.acquire(path, {**running, "id": "other", "playbook": "site"})["holder"] == running
