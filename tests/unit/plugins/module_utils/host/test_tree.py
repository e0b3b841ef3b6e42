"""The digest of a directory covers exactly what an image is built from, and the archive holds the same."""

import io
import os
import tarfile
from collections.abc import Callable
from pathlib import Path

import pytest
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.host.tree import (
    file_digest,
    pack_tree,
    tree_digest,
)


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    root = tmp_path / "tree"
    (root / "app" / "data").mkdir(parents=True)
    (root / "Dockerfile").write_text("FROM scratch\n")
    (root / "app" / "main.py").write_text("print('سلام')\n", encoding="utf-8")
    (root / "app" / "run").write_text("#!/bin/sh\n")
    (root / "app" / "run").chmod(0o755)
    (root / "link").symlink_to("app/main.py")
    return root


def add(root: Path, name: str) -> None:
    (root / name).parent.mkdir(parents=True, exist_ok=True)
    (root / name).write_text("x")


@pytest.mark.parametrize(
    "change",
    [
        lambda root: (root / "app" / "main.py").write_text("print('x')\n"),
        lambda root: (root / "app" / "main.py").rename(root / "app" / "other.py"),
        lambda root: (root / "app" / "main.py").chmod(0o744),
        lambda root: add(root, "app/data/new"),
        lambda root: (root / "empty").mkdir(),
        lambda root: ((root / "link").unlink(), (root / "link").symlink_to("app/run")),
        lambda root: (root / "app" / "run").unlink(),
    ],
    ids=["content", "name", "executable bit", "new file", "new directory", "link", "removed file"],
)
def test_a_change_of_the_build_context_changes_the_digest(tree: Path, change: Callable[[Path], object]) -> None:
    before = tree_digest(tree)
    change(tree)
    assert tree_digest(tree) != before


@pytest.mark.parametrize(
    "change",
    [
        lambda root: add(root, "app/__pycache__/main.cpython-313.pyc"),
        lambda root: add(root, ".git/HEAD"),
        lambda root: (root / "app" / "main.py").chmod(0o664),
        lambda root: os.utime(root / "Dockerfile", (0, 0)),
    ],
    ids=["byte code", "git", "umask", "time"],
)
def test_an_irrelevant_change_keeps_the_digest(tree: Path, change: Callable[[Path], object]) -> None:
    before = tree_digest(tree)
    change(tree)
    assert tree_digest(tree) == before


def test_a_file_and_a_link_have_different_digests(tree: Path) -> None:
    before = tree_digest(tree)
    (tree / "link").unlink()
    (tree / "link").write_text("app/main.py")
    assert tree_digest(tree) != before


def test_extra_texts_change_the_digest(tree: Path) -> None:
    assert len({tree_digest(tree), tree_digest(tree, "a"), tree_digest(tree, "b")}) == 3


def test_the_archive_holds_exactly_the_digested_files(tree: Path, tmp_path: Path) -> None:
    add(tree, "app/__pycache__/main.pyc")
    packed = io.BytesIO()
    assert pack_tree(tree, packed) == 4
    packed.seek(0)
    with tarfile.open(fileobj=packed) as archive:
        assert {member.uid for member in archive} == {0}
        archive.extractall(tmp_path / "copy", filter="data")
    assert tree_digest(tmp_path / "copy") == tree_digest(tree)


def test_a_pipe_is_refused_by_name(tree: Path) -> None:
    os.mkfifo(tree / "pipe")
    with pytest.raises(ValueError, match=r"pipe is neither a file, a directory nor a symbolic link"):
        tree_digest(tree)


def test_a_file_has_the_digest_that_sha256sum_prints(tmp_path: Path) -> None:
    (tmp_path / "f").write_bytes(b"abc")
    assert file_digest(tmp_path / "f") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
