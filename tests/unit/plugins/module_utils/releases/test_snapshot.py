"""Copies of trees that are made once in a run."""

from __future__ import annotations

import os
import stat
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.releases.release import (
    SourceError,
    release_files,
    release_id,
)
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.releases.snapshot import once, snapshot

if TYPE_CHECKING:
    from collections.abc import Mapping


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    root = tmp_path / "dags"
    (root / "shared").mkdir(parents=True)
    (root / "news.py").write_text("old")
    (root / "shared" / "run.sh").write_text("#!/bin/sh")
    (root / "shared" / "run.sh").chmod(0o755)
    (root / "link.py").symlink_to("news.py")
    (root / ".git").mkdir()
    return root


def test_a_copy_is_the_same_release(tree: Path, tmp_path: Path) -> None:
    os.utime(tree / "news.py", (1_000_000, 1_000_000))
    answer = snapshot(tree, tmp_path / "copy")
    copy = Path(answer["tree"])
    assert answer == {"tree": str(tmp_path / "copy"), "release": release_id(release_files(tree)), "files": 3}
    # airflow_tree_receive sends the files first that were modified last.
    assert (copy / "news.py").stat().st_mtime == 1_000_000
    assert not (copy / ".git").exists()
    assert stat.S_IMODE(copy.stat().st_mode) == 0o700


def test_files_that_are_saved_later_are_not_in_it(tree: Path, tmp_path: Path) -> None:
    answer = snapshot(tree, tmp_path / "copy")
    with (tree / "news.py").open("r+") as file:
        file.write("new")
    (tree / "more.py").write_text("")
    assert release_id(release_files(Path(answer["tree"]))) == answer["release"]


def test_all_problems_of_a_tree_are_reported(tree: Path, tmp_path: Path) -> None:
    os.mkfifo(tree / "pipe")
    (tree / "broken.py").symlink_to("/etc/passwd")
    with pytest.raises(SourceError) as error:
        snapshot(tree, tmp_path / "copy")
    assert len(error.value.problems) == 2


def test_a_link_to_a_file_that_is_left_out_is_refused(tree: Path, tmp_path: Path) -> None:
    (tree / ".settings.py").write_text("")
    (tree / "settings.py").symlink_to(".settings.py")
    with pytest.raises(SourceError, match=r"settings\.py.*does not exist"):
        snapshot(tree, tmp_path / "copy")


def read_in_a_process(number: int, place: Path, tree: Path, source: Mapping[str, Any]) -> tuple[int, dict[str, Any]]:
    """Ask for a source, as a worker process of Ansible does."""
    read: list[int] = []

    def reader(target: Path) -> dict[str, Any]:
        read.append(number)
        return snapshot(tree, target)

    answer = once(place, source, reader)
    return len(read), answer


def test_many_processes_read_once(tree: Path, tmp_path: Path) -> None:
    place = tmp_path / "run" / "trees"
    with ProcessPoolExecutor(6) as pool:
        runs = [pool.submit(read_in_a_process, number, place, tree, {"src": "dags"}) for number in range(12)]
        found = [run.result() for run in runs]
    assert sum(count for count, _ in found) == 1
    assert len({answer["tree"] for _, answer in found}) == 1
    _, other = read_in_a_process(0, place, tree, {"src": "others"})
    assert other["tree"] != found[0][1]["tree"]


def test_a_failure_is_not_tried_again(tmp_path: Path) -> None:
    read: list[Path] = []

    def fail(target: Path) -> dict[str, Any]:
        read.append(target)
        return {"failed": True, "msg": "no route to host"}

    answers = [once(tmp_path / "trees", {"git": {}}, fail) for _ in range(3)]
    assert answers == [{"failed": True, "msg": "no route to host"}] * 3
    assert len(read) == 1
