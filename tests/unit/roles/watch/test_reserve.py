"""The reserve on Postgres' disk: when it is removed and created, and where it is."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

import pytest
from airflow_watch import kept, reserve
from airflow_watch.reserve import AGAIN, Reserve, decide

if TYPE_CHECKING:
    from pathlib import Path

    from tests.unit.roles.watch.played import Played

MIB = 1 << 20
SIZE, LOW = 256, 1024


@pytest.mark.parametrize(
    ("size", "there", "free", "since", "do"),
    [
        (SIZE, SIZE, 5000, 1e9, ""),
        (SIZE, SIZE, 32, 1e9, ""),
        (SIZE, SIZE, 31, 1e9, "free"),
        (SIZE, SIZE, 0, 0, "free"),
        # The disk fills again: there is nothing left to free.
        (SIZE, -1, 0, 60, ""),
        (SIZE, -1, 287, 1e9, ""),
        (SIZE, -1, LOW + SIZE - 1, 1e9, ""),
        (SIZE, -1, LOW + SIZE, 1e9, "create"),
        (SIZE, -1, 99999, AGAIN - 1, ""),
        (SIZE, -1, 99999, AGAIN, "create"),
        # Another size, and a creation that was interrupted.
        (SIZE, 100, LOW + SIZE - 100, 1e9, "create"),
        (SIZE, 512, 99999, 1e9, "create"),
        (SIZE, 100, LOW, 1e9, ""),
        (SIZE, 100, 10, 1e9, "free"),
        (0, SIZE, 99999, 1e9, "remove"),
        (0, SIZE, 0, 1e9, "remove"),
        (0, -1, 99999, 1e9, ""),
    ],
)
def test_decision(size: int, there: int, free: int, since: float, do: str) -> None:
    assert decide(size, there, free, LOW, since) == do


@pytest.mark.parametrize("low", [0, 50, LOW])
def test_the_reserve_never_removes_what_it_has_created(low: int) -> None:
    """Nothing else writes: after a creation, there is nothing to do, whatever the minimum of the inventory is."""
    for free in range(0, 3000, 7):
        if decide(SIZE, -1, free, low, 1e9) == "create":
            assert decide(SIZE, SIZE, free - SIZE, low, 1e9) == ""


class Disk:
    """Postgres' volume, with a free space that tests set."""

    def __init__(self, host: Played, directory: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.data, self.said, self.free = directory / "volume" / "_data", list[str](), 5000
        self.data.mkdir(parents=True)
        (self.data / "PG_VERSION").touch()
        host.checks = {"reserve": {"size": 2, "low": LOW, "volume": "airflow_postgres_data"}}
        monkeypatch.setattr(host, "volume_directory", lambda _: self.data, raising=False)
        monkeypatch.setattr(reserve, "_free", lambda _: self.free)
        self.host, self.file = host, self.data.parent / reserve.NAME

    def round(self) -> None:
        Reserve(self.host, self.said.append).keep_reserve()  # type: ignore[arg-type]


@pytest.fixture
def disk(host: Played, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Disk:
    return Disk(host, tmp_path, monkeypatch)


def test_the_life_of_a_reserve(disk: Disk, monkeypatch: pytest.MonkeyPatch) -> None:
    disk.round()
    disk.round()
    assert disk.said == [f"created {disk.file}, 2 MiB in reserve for a full disk"]
    found = disk.file.stat()
    assert (found.st_size, found.st_blocks * 512 >= 2 * MIB, found.st_mode & 0o777) == (2 * MIB, True, 0o600)
    assert reserve.fault(disk.host.checks["reserve"]) == []
    disk.free = 0
    disk.round()
    assert not disk.file.exists()
    assert disk.said[1:] == [f"{disk.data} is full: removed {disk.file}, so that Postgres can write; free space there"]
    (fault,) = reserve.fault(disk.host.checks["reserve"])
    assert "its reserve of 2 MiB is used up" in fault.text
    # Space returns at once, but the reserve does not.
    disk.free = 5000
    disk.round()
    assert not disk.file.exists()
    monkeypatch.setattr(reserve, "AGAIN", 0)
    disk.round()
    assert disk.file.exists()
    assert reserve.fault(disk.host.checks["reserve"]) == []


def test_without_data_or_settings_nothing_is_created(disk: Disk, monkeypatch: pytest.MonkeyPatch) -> None:
    (disk.data / "PG_VERSION").unlink()
    disk.round()
    monkeypatch.setattr(disk.host, "volume_directory", lambda _: None)
    disk.round()
    disk.host.checks = {"reserve": {}}
    disk.round()
    disk.host.checks = {}
    disk.round()
    assert (list(disk.data.parent.iterdir()), disk.said) == ([disk.data], [])


def test_a_volume_with_a_file_system_of_its_own_holds_the_reserve(disk: Disk, monkeypatch: pytest.MonkeyPatch) -> None:
    stat = type(disk.data).stat

    class Mounted:
        st_dev = -1

    monkeypatch.setattr(type(disk.data), "stat", lambda path: Mounted() if path == disk.data else stat(path))
    assert reserve.place(disk.data) == disk.data / reserve.NAME


def test_a_disk_that_fills_during_the_creation_keeps_no_part_of_it(disk: Disk, monkeypatch: pytest.MonkeyPatch) -> None:
    def fsync(_: int) -> None:
        raise OSError(28, os.strerror(28))

    monkeypatch.setattr(os, "fsync", fsync)
    with pytest.raises(reserve.WatchError, match=r"reserve, the reserve for a full disk: No space left on device"):
        disk.round()
    assert not disk.file.exists()


@pytest.mark.parametrize("record", [None, "x", {}, 4e9])
def test_a_damaged_record_does_not_delay_the_reserve(disk: Disk, record: Any) -> None:
    kept.write(reserve.RECORD, record)
    disk.round()
    assert disk.file.exists()
