"""Pauses of airflow-watch, and which files are valid pauses."""

from __future__ import annotations

import json
import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from airflow_watch import pauses, store

NOW = datetime(2026, 11, 28, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "minutes"), [("1m", 1), ("30m", 30), ("2h", 120), ("1d", 1440), ("365d", 525600), ("090m", 90)]
)
def test_durations(text: str, minutes: int) -> None:
    assert pauses.duration(text) == timedelta(minutes=minutes)


@pytest.mark.parametrize("text", ["", "2", "h", "2 h", "-2h", "0m", "2s", "1h30m", "1.5h", "2H", "forever", "٣h"])
def test_the_error_for_an_invalid_duration_has_examples(text: str) -> None:
    with pytest.raises(ValueError, match="write minutes, hours or days, such as 30m, 2h or 1d"):
        pauses.duration(text)


@pytest.mark.parametrize("text", ["366d", "999999999d", "9000h"])
def test_a_duration_of_more_than_a_year_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="more than 365d"):
        pauses.duration(text)


def test_a_pause_is_read_as_it_was_written() -> None:
    pause = pauses.Pause("ana", "new disk", NOW + timedelta(hours=2), "worker")
    assert pauses.read(pauses.write(pause)) == pause
    assert "file" not in pauses.write(pause)
    assert pause.text() == "paused by ana (new disk) until 2026-11-28T14:00:00+00:00"
    assert [pause.covers(service) for service in ("worker", "redis")] == [True, False]
    assert pause._replace(service="").covers("redis")


GOOD = {"owner": "ana", "reason": "r", "expires": "2026-11-28T14:00:00+00:00", "service": "worker"}


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("", "not JSON"),
        ("{", "not JSON"),
        ("[]", "not a JSON object"),
        ({**GOOD, "owner": ""}, "'owner' is missing"),
        ({**GOOD, "owner": 7}, "'owner' is missing or not a string"),
        ({**GOOD, "expires": None}, "'expires' is missing"),
        ({**GOOD, "expires": "tomorrow"}, "not an ISO 8601 time: 'tomorrow'"),
        ({**GOOD, "expires": "2026-11-28T14:00:00"}, "has no time zone; write UTC as in 2026-11-28T14:00:00+00:00"),
        ({**GOOD, "service": ["worker"]}, "'service' is not a string"),
        ({**GOOD, "expires": "9999-01-01T00:00:00+00:00"}, "in more than 365 days"),
        ({**GOOD, "expires": "9999-12-31T23:59:59-05:00"}, "'expires' is out of range"),
        ("[" * 100_000, "not JSON"),
    ],
)
def test_an_invalid_pause_has_no_effect_and_is_reported(content: object, words: str) -> None:
    text = content if isinstance(content, str) else json.dumps(content)
    found, expired, (line,) = pauses.sort({"x.json": text}, NOW)
    assert (found, expired) == ([], [])
    assert line.startswith("x.json is ignored: ")
    assert words in line


def test_other_time_zones_and_the_moment_of_expiry() -> None:
    texts = {
        "a": json.dumps({**GOOD, "expires": "2026-11-28T14:30:00+02:00"}),
        "b": json.dumps({**GOOD, "expires": "2026-11-28T12:00:00Z"}),
        "c": json.dumps({"owner": "bo", "expires": "2026-11-28T12:00:01Z"}),
    }
    found, expired, broken = pauses.sort(texts, NOW)
    assert [(one.owner, one.expires.hour, one.expires.minute) for one in found] == [("ana", 12, 30), ("bo", 12, 0)]
    assert (expired, broken) == (["b"], [])


def test_the_directory_of_pauses(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    directory = tmp_path_factory.mktemp("var") / "lib" / "pauses"
    monkeypatch.setattr(store, "DIRECTORY", directory)
    said: list[str] = []
    assert store.read_pauses(NOW, said.append) == []
    one = pauses.Pause("a na/..", "", NOW + timedelta(hours=1), "worker")
    old = pauses.Pause("site.yml", "", NOW)
    store.add(one)
    store.add(old)
    assert directory.stat().st_mode & 0o777 == 0o700
    (directory / "broken.json").write_text("{", encoding="utf-8")
    (directory / "directory").mkdir()
    (directory / ".half").write_text("", encoding="utf-8")
    file = "worker@a%20na%2F...json"
    assert store.read_pauses(NOW, said.append) == [one._replace(file=file)]
    assert sorted(path.name for path in directory.iterdir() if path.name[0] != ".") == [
        "broken.json",
        "directory",
        file,
    ]
    assert len(said) == 3
    assert "all@site.yml" in said[-1]
    # Reading a pipe without a writer would block forever.
    os.mkfifo(directory / "pipe")
    assert store.read_pauses(NOW, said.append) == [one._replace(file=file)]
    assert f"{directory}/pipe is ignored: it is not a file" in said
    # A new pause replaces the previous one of the same owner.
    store.add(one._replace(reason="again"))
    assert [found.reason for found in store.read_pauses(NOW, said.append)] == ["again"]
    (again,) = store.read_pauses(NOW, said.append)
    store.remove(again)
    assert store.read_pauses(NOW, said.append) == []


def test_a_pause_is_removed_whatever_the_name_of_its_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file written by hand can have any name."""
    monkeypatch.setattr(store, "DIRECTORY", tmp_path)
    pause = pauses.Pause("ana", "", NOW + timedelta(hours=1), "worker")
    (tmp_path / "the new disk").write_text(pauses.write(pause), encoding="utf-8")
    (found,) = store.read_pauses(NOW, [].append)
    store.remove(found)
    assert list(tmp_path.iterdir()) == []


def test_owners_with_similar_names_have_separate_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(store, "DIRECTORY", tmp_path)
    owners = ["a b", "a_b", "a%20b", "a/b", "ä", "a\udcffb"]
    for owner in owners:
        store.add(pauses.Pause(owner, "", NOW + timedelta(hours=1)))
    assert sorted(pause.owner for pause in store.read_pauses(NOW, [].append)) == sorted(owners)
    # The pause of site.yml keeps its file name.
    assert pauses.file_name("site.yml", "") == "all@site.yml.json"


def test_an_expired_pause_that_cannot_be_removed_has_no_effect(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Happens on a file system that the kernel has remounted read-only."""
    monkeypatch.setattr(store, "DIRECTORY", tmp_path)
    store.add(pauses.Pause("ana", "", NOW))
    store.add(pauses.Pause("bo", "", NOW + timedelta(hours=1)))

    def refused(*_: object, **__: object) -> None:
        raise OSError(30, "Read-only file system")

    monkeypatch.setattr(Path, "unlink", refused)
    said: list[str] = []
    assert [pause.owner for pause in store.read_pauses(NOW, said.append)] == ["bo"]
    assert "was not removed" in said[-1]
