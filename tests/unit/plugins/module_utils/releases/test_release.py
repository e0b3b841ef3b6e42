"""The files of a release, and its id."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.releases.release import (
    SourceError,
    changes,
    release_files,
    release_id,
)

if TYPE_CHECKING:
    from collections.abc import Callable


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    root = tmp_path / "dags"
    for name in ("news.py", "team a/خبر.py", "shared/__init__.py", "shared/deep/er.py", ".airflowignore", "empty.py"):
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("" if name == "empty.py" else name, encoding="utf-8")
    (root / "link.py").symlink_to("team a/خبر.py")
    return root


def add(root: Path, name: str) -> None:
    (root / name).parent.mkdir(parents=True, exist_ok=True)
    (root / name).write_text("x")


def test_all_files_and_links_belong_to_it(tree: Path) -> None:
    files = release_files(tree)
    assert sorted(files) == [
        ".airflowignore",
        "empty.py",
        "link.py",
        "news.py",
        "shared/__init__.py",
        "shared/deep/er.py",
        "team a/خبر.py",
    ]
    assert files["link.py"] == {"link": "team a/خبر.py"}
    assert files["empty.py"] == {
        "digest": "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
        "executable": False,
    }


@pytest.mark.parametrize(
    "name",
    [
        "__pycache__/news.cpython-39.pyc",
        "shared/__pycache__/x.pyc",
        "old.pyc",
        ".git/HEAD",
        ".idea/x",
        "news.py~",
        ".news.py.swp",
        "#news.py#",
        "shared/.DS_Store",
        "empty_directory/.keep",
    ],
)
def test_caches_and_editor_files_do_not_change_the_id(tree: Path, name: str) -> None:
    before = release_id(release_files(tree))
    add(tree, name)
    assert release_id(release_files(tree)) == before


@pytest.mark.parametrize(
    "change",
    [
        lambda root: (root / "news.py").write_text("other"),
        lambda root: (root / "news.py").chmod(0o755),
        lambda root: (root / "news.py").rename(root / "renamed.py"),
        lambda root: add(root, "shared/new.py"),
        lambda root: (root / "empty.py").unlink(),
        lambda root: ((root / "link.py").unlink(), (root / "link.py").symlink_to("news.py")),
    ],
    ids=["content", "executable bit", "name", "new file", "removed file", "link"],
)
def test_the_id_is_derived_from_the_content(tree: Path, change: Callable[[Path], object]) -> None:
    before = release_id(release_files(tree))
    os.utime(tree / "news.py", (0, 0))
    assert release_id(release_files(tree)) == before
    change(tree)
    assert release_id(release_files(tree)) != before


@pytest.mark.parametrize(
    ("name", "target", "expected"),
    [
        ("a.py", "/etc/passwd", "a.py: is a symbolic link to the absolute path /etc/passwd; make it relative"),
        ("a.py", "../other.py", "a.py: is a symbolic link to ../other.py, outside of the tree"),
        ("shared/a.py", "../../other.py", "shared/a.py: is a symbolic link to ../../other.py, outside of the tree"),
        ("shared/a.py", "../gone.py", "shared/a.py: is a symbolic link to ../gone.py, which does not exist"),
    ],
)
def test_links_to_targets_outside_the_tree_are_refused(tree: Path, name: str, target: str, expected: str) -> None:
    (tree / name).symlink_to(target)
    (tree.parent / "other.py").touch()
    with pytest.raises(SourceError) as caught:
        release_files(tree)
    (problem,) = caught.value.problems
    assert problem.startswith(expected)


def test_a_special_file_is_refused(tree: Path) -> None:
    os.mkfifo(tree / "pipe")
    with pytest.raises(SourceError, match="pipe is neither a file, a directory nor a symbolic link; remove it"):
        release_files(tree)


def test_a_name_that_is_not_utf_8_is_refused(tree: Path) -> None:
    Path(os.fsdecode(os.fsencode(tree) + b"/n\xe9ws.py")).touch()
    with pytest.raises(SourceError, match="its name is not UTF-8"):
        release_files(tree)


def test_changes_between_two_releases(tree: Path) -> None:
    before = release_files(tree)
    add(tree, "new.py")
    (tree / "news.py").write_text("other")
    (tree / "empty.py").unlink()
    assert changes(before, release_files(tree)) == {
        "added": ["new.py"],
        "changed": ["news.py"],
        "removed": ["empty.py"],
    }
