"""A wanted file or directory needs a task unless the host has it exactly as wanted."""

from __future__ import annotations

import grp
import hashlib
import os
import pwd
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.host import paths
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.host.paths import copies, differing, states

OWNER, GROUP = pwd.getpwuid(os.getuid()).pw_name, grp.getgrgid(os.getgid()).gr_name


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "directory").mkdir(mode=0o755)
    (tmp_path / "directory").chmod(0o2775)
    (tmp_path / "file").write_text("سلام")
    (tmp_path / "file").chmod(0o640)
    (tmp_path / "link").symlink_to("directory")
    os.mkfifo(tmp_path / "pipe")
    return tmp_path


def wanted(root: Path, name: str, **others: Any) -> dict[str, Any]:
    mode = {"file": "0640", "directory": "2775"}.get(name, "0755")
    return {"path": str(root / name), "owner": OWNER, "group": GROUP, "mode": mode, **others}


def test_existing_paths_are_described(root: Path) -> None:
    there = [str(root / name) for name in ("directory", "file", "link", "pipe")]
    found = states([*there, str(root / "missing"), str(root / "file" / "below")])
    assert list(found) == there
    assert [found[path]["type"] for path in there] == ["directory", "file", "other", "other"]
    assert found[there[1]] == {
        "type": "file",
        "mode": "0640",
        "uid": os.getuid(),
        "gid": os.getgid(),
        "owner": OWNER,
        "group": GROUP,
        "digest": hashlib.sha256("سلام".encode()).hexdigest(),
    }
    assert "digest" not in found[there[0]]


def test_a_path_that_cannot_be_read_is_unknown(root: Path) -> None:
    path = f"{root}/{'x' * 300}"
    assert states([path]) == {path: {"type": "unknown"}}
    assert differing([{**wanted(root, "file"), "path": path}], states([path])) != []


def test_owners_without_a_name_are_compared_by_number(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def nobody(number: int) -> None:
        raise KeyError(number)

    monkeypatch.setattr(paths.pwd, "getpwuid", nobody)
    monkeypatch.setattr(paths.grp, "getgrgid", nobody)
    found = states([str(root / "directory")])
    assert [(state["owner"], state["group"]) for state in found.values()] == [("", "")]
    numbers = {"owner": str(os.getuid()), "group": str(os.getgid())}
    assert differing([wanted(root, "directory", **numbers)], found) == []
    assert differing([wanted(root, "directory")], found) != []


def test_a_file_that_cannot_be_read_differs(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(_: str) -> None:
        raise PermissionError

    monkeypatch.setattr(paths, "file_digest", fail)
    found = states([str(root / "file")])
    assert "digest" not in found[str(root / "file")]
    assert differing([wanted(root, "file", content="سلام")], found) != []


@pytest.mark.parametrize(
    ("name", "others"),
    [
        ("directory", {}),
        ("directory", {"owner": str(os.getuid()), "group": str(os.getgid())}),
        ("directory", {"mode": "02775"}),
        ("file", {"content": "سلام"}),
        ("file", {"src": "file"}),
    ],
)
def test_a_path_as_wanted_needs_no_task(root: Path, name: str, others: dict[str, Any]) -> None:
    source = {"src": str(root / "file")} if "src" in others else {}
    entry = wanted(root, name, **{**others, **source})
    assert differing([entry], states([entry["path"]])) == []


@pytest.mark.parametrize(
    ("name", "others"),
    [
        ("directory", {"mode": "0775"}),
        ("directory", {"mode": "0755"}),
        ("directory", {"owner": "nobody-of-this-name"}),
        ("directory", {"group": "none-of-this-name"}),
        ("directory", {"owner": str(os.getuid() + 1)}),
        ("directory", {"group": str(os.getgid() + 1)}),
        ("directory", {"content": ""}),
        ("file", {}),
        ("file", {"content": "other"}),
        ("file", {"content": "سلام", "mode": "0644"}),
        ("file", {"src": "other"}),
        ("link", {"mode": "0777"}),
        ("pipe", {"content": ""}),
        ("missing", {}),
        ("missing", {"content": ""}),
    ],
)
def test_any_other_path_needs_a_task(root: Path, name: str, others: dict[str, Any]) -> None:
    (root / "other").write_text("other")
    source = {"src": str(root / "other")} if "src" in others else {}
    entry = wanted(root, name, **{**others, **source})
    assert differing([entry], states([entry["path"]])) == [entry]


def test_the_order_is_kept(root: Path) -> None:
    entries = [wanted(root, name) for name in ("missing", "directory", "link", "another")]
    found = states(entry["path"] for entry in entries)
    assert differing(entries, found) == [entries[0], entries[2], entries[3]]


def test_copies_are_owned_by_root_and_keep_their_order() -> None:
    assert copies(["b.py", "a.py"], "/role/files", "/usr/local/lib/x", "0755") == [
        {
            "path": f"/usr/local/lib/x/{name}",
            "src": f"/role/files/{name}",
            "owner": "root",
            "group": "root",
            "mode": "0755",
        }
        for name in ("b.py", "a.py")
    ]


def test_numeric_owners_and_modes_are_compared_as_modules_read_them(root: Path) -> None:
    """YAML reads an unquoted owner or octal mode as a number."""
    path = str(root / "directory")
    entry = {
        "path": path,
        "owner": os.getuid(),
        "group": os.getgid(),
        "mode": (root / "directory").stat().st_mode & 0o7777,
    }
    assert differing([entry], states([path])) == []
    assert differing([{**entry, "owner": os.getuid() + 1}], states([path])) != []
    assert differing([{**entry, "mode": "u=rwx,go=rx"}], states([path])) != []
