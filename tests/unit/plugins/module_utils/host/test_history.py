"""The history of a host: what is recorded, and what is shown of it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from ansible_collections.ansible_airflow.airflow.plugins.module_utils.host import history

RUN = {"started": "2026-11-29T11:06:22Z", "user": "jane", "controller": "laptop", "playbook": "site"}
VERSIONS = {"collection": "0.10.0", "airflow_version": "3.3.2", "image": "apache/airflow:3.3.2"}


def stack(place: Path) -> dict[str, Any]:
    """Create the directory of a stack, and return its state."""
    (place / "config").mkdir()
    (place / "compose.yml").write_text("services: {}\n")
    (place / "config" / "airflow.cfg").write_text("[core]\n")
    for tree in ("dags", "plugins"):
        (place / tree).mkdir()
    (place / "dags" / "current").symlink_to("releases/0123456789ab")
    (place / "plugins" / "current").symlink_to("releases/.none")
    return history.state(str(place), VERSIONS)


def test_the_state_of_a_stack(tmp_path: Path) -> None:
    now = stack(tmp_path)
    assert (now["dags"], now["plugins"], now["airflow_version"]) == ("0123456789ab", "", "3.3.2")
    assert len(now["compose"]) == 12
    assert list(now) == list(history.STATE)


def test_a_host_without_a_stack_has_an_empty_state(tmp_path: Path) -> None:
    assert history.state(str(tmp_path), VERSIONS) == {**dict.fromkeys(history.STATE, ""), **VERSIONS}


def test_a_run_that_changes_nothing_adds_no_entry(tmp_path: Path) -> None:
    path = tmp_path / "state" / "history.jsonl"
    now = dict.fromkeys(history.STATE, "a")
    assert history.record(str(path), now, RUN)
    assert not history.record(str(path), now, {**RUN, "user": "joe"})
    assert history.record(str(path), {**now, "dags": "b"}, {**RUN, "user": "joe"})
    assert [entry["user"] for entry in history.read(str(path))] == ["jane", "joe"]
    assert path.stat().st_mode & 0o777 == 0o644
    assert [file.name for file in path.parent.iterdir()] == [path.name]


def test_damaged_lines_are_left_out_and_the_history_stays_short(tmp_path: Path) -> None:
    path = tmp_path / "history.jsonl"
    path.write_text("".join(f"{json.dumps({**RUN, 'dags': str(n)})}\n" for n in range(1100)) + '{"time": "20\n[]\n')
    assert len(history.read(str(path))) == 1100
    assert history.record(str(path), dict.fromkeys(history.STATE, "x"), RUN)
    entries = history.read(str(path))
    assert (len(entries), entries[-1]["dags"], entries[-2]["dags"]) == (history.KEPT, "x", "1099")


def test_lines_show_what_changed_newest_first() -> None:
    first = {**RUN, **dict.fromkeys(history.STATE, "a")}
    second = {**first, "started": "2026-11-30T08:00:00Z", "user": "joe", "dags": "b", "plugins": ""}
    newest, oldest = history.lines([first, second])
    assert newest == "2026-11-30T08:00:00Z joe on laptop, site.yml: dags b, plugins none"
    assert oldest.startswith("2026-11-29T11:06:22Z jane on laptop, site.yml: collection a, airflow_version a")
