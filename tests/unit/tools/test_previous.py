"""Comparisons of scenario `previous`, and its checkout of the earlier code."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING, Any

import pytest

from tests.lab.shell import LabError
from tests.previous import compare, earlier

if TYPE_CHECKING:
    from pathlib import Path


def git(directory: Path, *words: str) -> str:
    """Run git in a directory."""
    who = ["-c", "user.name=a", "-c", "user.email=a@example.com"]
    return subprocess.run(
        ["git", *who, *words], cwd=directory, capture_output=True, text=True, check=True
    ).stdout.strip()


@pytest.fixture
def commits(tmp_path: Path) -> tuple[Path, list[str]]:
    """A repository, and its two commits; the second one replaces the file of the first."""
    made = []
    git(tmp_path, "init", "-q")
    for name in ("old", "new"):
        (tmp_path / name).write_text(name, encoding="utf-8")
        (tmp_path / "old").unlink() if name == "new" else None
        git(tmp_path, "add", "--all")
        git(tmp_path, "commit", "-qm", name)
        made.append(git(tmp_path, "rev-parse", "HEAD"))
    return tmp_path, made


def test_an_earlier_commit_is_checked_out_without_stale_files(commits: tuple[Path, list[str]], tmp_path: Path) -> None:
    directory = tmp_path / "build" / "checkout"
    directory.mkdir(parents=True)
    (directory / "stale").touch()
    earlier.check_out(commits[1][0], directory, commits[0])
    assert [path.name for path in directory.iterdir()] == ["old"]


def test_a_clone_without_the_commit_is_told_to_fetch_it(commits: tuple[Path, list[str]], tmp_path: Path) -> None:
    shallow = tmp_path / "shallow"
    git(tmp_path, "clone", "-q", "--depth", "1", f"file://{commits[0]}", str(shallow))
    kept = tmp_path / "kept"
    kept.mkdir()
    with pytest.raises(LabError, match=f"shallow has no commit {commits[1][0]}.*run `git fetch --unshallow`"):
        earlier.check_out(commits[1][0], kept, shallow)
    assert kept.exists()
    git(shallow, "fetch", "-q", "--unshallow")
    earlier.check_out(commits[1][0], kept, shallow)


def test_a_download_without_git_is_told_to_clone(tmp_path: Path) -> None:
    with pytest.raises(LabError, match=r"a download without \.git cannot run this scenario: clone the repository"):
        earlier.check_out("0" * 40, tmp_path / "checkout", tmp_path)


def test_the_earlier_run_does_not_inherit_settings_of_molecule(tmp_path: Path) -> None:
    surrounding = {
        "ANSIBLE_CONFIG": "ours.cfg",
        "ANSIBLE_ROLES_PATH": "roles",
        "ANSIBLE_COLLECTIONS_PATH": "collections",
        "PYTHONPATH": "plugins",
        "MOLECULE_PROJECT_DIRECTORY": "here",
        "PATH": "bin",
    }
    assert earlier.environment(surrounding, tmp_path) == {
        "ANSIBLE_CONFIG": str(tmp_path / "ansible.cfg"),
        "ANSIBLE_NOCOLOR": "1",
        "MOLECULE_PROJECT_DIRECTORY": "here",
        "PATH": "bin",
    }


@pytest.mark.parametrize(
    ("ours", "theirs", "found"),
    [
        ({"/a": "1"}, {"/a": "1"}, []),
        ({"/a": "1", "/old": "2"}, {"/a": "1"}, ["left behind: /old (2)"]),
        ({}, {"/new": "2"}, ["missing: /new (2)"]),
        ({"/a": "1"}, {"/a": "2"}, ["another: /a (1, fresh: 2)"]),
        ({"/data": "1", "/data/x": "1", "/datax": "1"}, {"/data": "2"}, ["left behind: /datax (1)"]),
    ],
)
def test_two_hosts_are_compared(
    monkeypatch: pytest.MonkeyPatch, ours: dict[str, str], theirs: dict[str, str], found: list[str]
) -> None:
    monkeypatch.setattr(compare, "EXPECTED", {"paths": {"/data(/.*)?": "data"}})
    assert compare.different("paths", ours, theirs) == found


@pytest.mark.parametrize(
    ("after", "found"),
    [
        ({"runs": {"a": "success", "b": "running"}, "variables": {"release": 1}}, []),
        ({"runs": {}, "variables": {"release": 2}}, ["runs: a (success) is gone"]),
        ({"runs": {"a": "failed"}, "variables": {"release": 1}}, ["runs: a was success, is failed"]),
        ({"runs": {"a": "success"}, "variables": {}}, ["variables: release (1) is gone"]),
    ],
)
def test_lost_data_is_reported(monkeypatch: pytest.MonkeyPatch, after: dict[str, Any], found: list[str]) -> None:
    monkeypatch.setattr(compare, "CHANGED", {"variables: release": "names the release"})
    before = {"runs": {"a": "success"}, "variables": {"release": 1}}
    assert compare.lost(before, after) == found
