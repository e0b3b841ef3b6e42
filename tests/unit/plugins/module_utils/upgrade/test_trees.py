"""Files of a host that an upgrade keeps and puts back."""

from __future__ import annotations

import os
import shutil
import stat
from pathlib import Path
from typing import IO

import pytest
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.upgrade.trees import keep, put_back


@pytest.fixture
def host(tmp_path: Path) -> Path:
    """Directories as on a host."""
    root = tmp_path / "airflow"
    (root / "config").mkdir(parents=True)
    (root / "config" / "airflow.cfg").write_text("before", encoding="utf-8")
    (root / "config" / "airflow.cfg").chmod(0o640)
    (root / "dags" / "releases" / "one").mkdir(parents=True)
    (root / "dags" / "releases" / "one" / "dag.py").write_text("one", encoding="utf-8")
    (root / "dags" / "current").symlink_to("releases/one")
    (root / "compose.yml").write_text("services: before", encoding="utf-8")
    return root


def seen(root: Path) -> dict[str, tuple[int, str]]:
    """Mode and content of each file, link and directory."""
    found = {}
    for path in sorted(root.rglob("*")):
        mode = stat.S_IMODE(path.lstat().st_mode)
        text = str(path.readlink()) if path.is_symlink() else path.read_text(encoding="utf-8") if path.is_file() else ""
        found[str(path.relative_to(root))] = (mode, text)
    return found


def test_everything_is_as_before(host: Path, tmp_path: Path) -> None:
    paths, kept, before = (
        [str(host / name) for name in ("config", "dags", "compose.yml", "ca")],
        f"{tmp_path}/kept",
        seen(host),
    )
    keep(paths, kept)
    inode = (host / "config").stat().st_ino
    # What an upgrade does.
    new = host / "config" / "new.cfg"
    new.write_text("after", encoding="utf-8")
    new.rename(host / "config" / "airflow.cfg")
    (host / "config" / "migrated.json").write_text("{}", encoding="utf-8")
    (host / "dags" / "releases" / "two").mkdir()
    (host / "dags" / "releases" / "one" / "dag.py").unlink()
    (host / "dags" / "releases" / "one").rmdir()
    (host / "dags" / "current").unlink()
    (host / "dags" / "current").symlink_to("releases/two")
    (host / "compose.yml").chmod(0o600)
    (host / "ca").mkdir()
    changed = put_back(paths, kept)
    assert seen(host) == before
    # Containers have mounted the directory.
    assert (host / "config").stat().st_ino == inode
    assert {os.path.relpath(path, host) for path in changed} == {
        "config/airflow.cfg",
        "config/migrated.json",
        "dags/current",
        "dags/releases/two",
        "dags/releases/one/dag.py",
        "compose.yml",
        "ca",
    }
    assert put_back(paths, kept) == []


def test_a_file_in_place_of_a_directory_and_the_reverse(host: Path, tmp_path: Path) -> None:
    paths, kept, before = [str(host / "config"), str(host / "compose.yml")], f"{tmp_path}/kept", seen(host)
    keep(paths, kept)
    (host / "config" / "airflow.cfg").unlink()
    (host / "config").rmdir()
    (host / "config").write_text("", encoding="utf-8")
    (host / "compose.yml").unlink()
    (host / "compose.yml").mkdir()
    put_back(paths, kept)
    assert seen(host) == before


def test_a_copy_that_is_changed_in_place_later(host: Path, tmp_path: Path) -> None:
    """Only files of releases, which nobody changes, share their content with the copy."""
    kept = f"{tmp_path}/kept"
    keep([str(host)], kept)
    (host / "config" / "airflow.cfg").write_text("after", encoding="utf-8")
    assert Path(f"{kept}{host}/config/airflow.cfg").read_text(encoding="utf-8") == "before"
    assert Path(f"{kept}{host}/dags/releases/one/dag.py").samefile(host / "dags" / "releases" / "one" / "dag.py")


def test_new_files_stay_where_they_are_to(host: Path, tmp_path: Path) -> None:
    """A secret that was generated meanwhile can be the only one that opens something, such as the backups."""
    paths, kept = [str(host / "config"), str(host / "dags")], f"{tmp_path}/kept"
    keep(paths, kept)
    (host / "config" / "airflow.cfg").write_text("after", encoding="utf-8")
    (host / "config" / "backup_password").write_text("only one", encoding="utf-8")
    (host / "dags" / "new").touch()
    put_back(paths, kept, [str(host / "config")])
    assert sorted(path.name for path in (host / "config").iterdir()) == ["airflow.cfg", "backup_password"]
    assert (host / "config" / "airflow.cfg").read_text(encoding="utf-8") == "before"
    assert not (host / "dags" / "new").exists()


def test_nobody_reads_a_secret_while_it_is_copied(host: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    modes, copy = [], shutil.copyfileobj

    def looking(read: IO[bytes], written: IO[bytes]) -> None:
        modes.append(os.fstat(written.fileno()).st_mode)
        copy(read, written)

    monkeypatch.setattr(shutil, "copyfileobj", looking)
    (host / "config" / "airflow.cfg").chmod(0o644)
    keep([str(host / "config")], f"{tmp_path}/kept")
    assert [stat.S_IMODE(mode) for mode in modes] == [0o600]
