"""Records survive a reboot, and a full disk."""

from __future__ import annotations

from pathlib import Path

import pytest
from airflow_watch import kept, notes
from airflow_watch.commands import WatchError


@pytest.fixture
def places(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[Path, Path]:
    disk, memory = tmp_path / "disk", tmp_path / "memory"
    monkeypatch.setattr(kept, "DIRECTORY", disk)
    monkeypatch.setattr(notes, "DIRECTORY", memory)
    return disk, memory


def fill(directory: Path) -> None:
    """Let no file be written to a directory, even by root: it is a file."""
    if directory.is_dir():
        directory.rename(directory.with_suffix(".away"))
    directory.touch()


def free(directory: Path) -> None:
    directory.unlink()
    directory.with_suffix(".away").rename(directory)


def test_a_record_is_read_back_and_survives_a_reboot(places: tuple[Path, Path]) -> None:
    assert kept.read("a") is None
    kept.write("a", {"x": 1})
    assert kept.read("a") == {"x": 1}
    (places[1] / "a").unlink()
    assert kept.read("a") == {"x": 1}
    assert (places[0] / "a").stat().st_mode & 0o777 == 0o600


def test_on_a_full_disk_the_copy_in_memory_counts(places: tuple[Path, Path]) -> None:
    kept.write("a", 1)
    fill(places[0])
    kept.write("a", 2)
    free(places[0])
    assert kept.read("a") == 2
    kept.write("a", 3)
    (places[1] / "a").unlink()
    assert kept.read("a") == 3


def test_without_any_place_a_record_is_an_error(places: tuple[Path, Path]) -> None:
    for directory in places:
        fill(directory)
    with pytest.raises(WatchError, match="cannot be written; free space there"):
        kept.write("a", 1)


@pytest.mark.parametrize("text", ["", "{", "[1]", "[1, 2, 3]", '["x", 1]', "7", "null"])
def test_a_damaged_copy_is_ignored(places: tuple[Path, Path], text: str) -> None:
    kept.write("a", 1)
    (places[0] / "a").write_text(text, encoding="utf-8")
    assert kept.read("a") == 1
    (places[1] / "a").write_text(text, encoding="utf-8")
    assert kept.read("a") is None
