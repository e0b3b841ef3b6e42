"""The store of releases on a host, on a real file system."""

from __future__ import annotations

import errno
import io
import os
import tarfile
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.host.tree import pack_files
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.releases import files as release_store_files
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.releases.files import StoreError
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.releases.receive import receive, repair
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.releases.release import release_files, release_id
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.releases.store import Store


class Source:
    """A tree on the controller, and its transfer to the store."""

    def __init__(self, root: Path, store: Store) -> None:
        self.root, self.store = root, store

    def write(self, **files: str) -> None:
        for name, text in files.items():
            path = self.root / name.replace("__", "/")
            path.parent.mkdir(parents=True, exist_ok=True)
            path.with_suffix(".py").write_text(text)

    def files(self) -> dict[str, Any]:
        return release_files(self.root)

    def archive(self, only: list[str]) -> str:
        path = self.root.parent / "archive.tar.gz"
        with path.open("wb") as file:
            pack_files(self.root, file, only)
        return str(path)

    def send(self) -> str:
        files = self.files()
        release = release_id(files)
        archive = self.archive(self.store.missing(files))
        receive(self.store, release, files, origin={"path": str(self.root)}, archive=archive)
        return release


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(str(tmp_path / "dags"))


@pytest.fixture
def source(tmp_path: Path, store: Store) -> Source:
    source = Source(tmp_path / "source", store)
    source.write(news="one", shared__tool="two", shared__other="three")
    (source.root / "link.py").symlink_to("news.py")
    (source.root / "news.py").chmod(0o755)
    return source


def names(path: str) -> list[str]:
    return sorted(entry.name for entry in Path(path).iterdir())


def test_the_first_release(store: Store, source: Source) -> None:
    assert (store.current(), store.present(), store.previous(), store.history()) == (None, [], None, [])
    release = source.send()
    assert store.present() == [release]
    assert store.current() is None
    assert names(store.path(release)) == [".release.json", "link.py", "news.py", "shared"]
    assert Path(store.path(release), "link.py").read_text() == "one"
    assert Path(store.path(release), "news.py").stat().st_mode & 0o777 == 0o755
    assert Path(store.path(release), "shared", "tool.py").stat().st_mode & 0o777 == 0o644
    assert store.manifest(release)["origin"] == {"path": str(source.root)}
    assert store.damaged(release) == []
    store.switch(release)
    assert store.current() == release
    assert Path(store.link, "news.py").read_text() == "one"


def test_before_the_first_release_the_link_may_point_to_an_empty_directory(store: Store, source: Source) -> None:
    Path(store.releases, ".none").mkdir(parents=True)
    Path(store.link).symlink_to("releases/.none")
    assert (store.current(), store.present(), store.previous()) == (None, [], None)
    release = source.send()
    store.switch(release)
    assert (store.current(), store.previous(), store.surplus(1, release)) == (release, None, [])
    assert Path(store.releases, ".none").is_dir()


def test_only_new_files_are_sent_and_the_rest_keeps_its_mtime(store: Store, source: Source) -> None:
    first = source.send()
    kept = Path(store.path(first), "shared", "tool.py")
    os.utime(kept, (1, 1))
    source.write(news="changed")
    assert store.missing(source.files()) == ["news.py"]
    second = source.send()
    again = Path(store.path(second), "shared", "tool.py")
    assert (again.stat().st_ino, again.stat().st_mtime) == (kept.stat().st_ino, 1)
    assert Path(store.path(second), "news.py").stat().st_mtime > 1_000_000_000
    assert Path(store.path(first), "news.py").read_text() == "one"


def test_an_existing_file_that_was_sent_again_keeps_its_inode(store: Store, source: Source) -> None:
    first = source.send()
    kept = Path(store.path(first), "shared", "tool.py")
    source.write(news="changed")
    files = source.files()
    receive(store, "abc", files, origin={}, archive=source.archive([name for name in files if name != "link.py"]))
    assert Path(store.path("abc"), "shared", "tool.py").stat().st_ino == kept.stat().st_ino
    assert Path(store.path("abc"), "news.py").read_text() == "changed"


def test_a_tampered_file_is_copied_from_another_release_that_has_it(store: Store, source: Source) -> None:
    releases = []
    for text in ("a", "b"):
        source.write(news=text)
        releases.append(source.send())
    for release, text in zip(sorted(releases), ("tampered", "two"), strict=True):
        tool = Path(store.path(release), "shared", "tool.py")
        # Replace the file, because both releases share its inode.
        tool.unlink()
        tool.write_text(text)
        tool.chmod(0o644)
    source.write(news="c")
    assert store.missing(source.files()) == ["news.py"]
    third = source.send()
    assert Path(store.path(third), "shared", "tool.py").read_text() == "two"
    assert store.damaged(third) == []


def test_a_changed_mode_does_not_affect_the_other_release(store: Store, source: Source) -> None:
    first = source.send()
    (source.root / "news.py").chmod(0o644)
    second = source.send()
    assert store.damaged(first) == store.damaged(second) == []


def test_switching_back_and_forth(store: Store, source: Source) -> None:
    releases = []
    for text in ("a", "b", "c"):
        source.write(news=text)
        releases.append(source.send())
        store.switch(releases[-1])
    assert (store.current(), store.previous()) == (releases[2], releases[1])
    store.switch(releases[1])
    assert (store.current(), store.previous()) == (releases[1], releases[2])
    assert [entry["release"] for entry in store.history()] == [*releases, releases[1]]
    with pytest.raises(StoreError, match=r"there is no release 000 in .*; available: "):
        store.switch("000")
    assert store.current() == releases[1]


def test_old_releases_are_removed(store: Store, source: Source) -> None:
    releases = []
    for text in ("a", "b", "c", "d"):
        source.write(news=text)
        releases.append(source.send())
        store.switch(releases[-1])
    source.write(news="never current")
    never = source.send()
    assert set(store.surplus(1, releases[3])) == {releases[0], releases[1], never}
    assert set(store.surplus(3, releases[3])) == {releases[0], never}
    predicted = store.surplus(2, releases[0])
    store.switch(releases[0])
    assert store.surplus(2, releases[0]) == predicted == [releases[2], releases[1], never]
    store.remove(predicted)
    assert set(store.present()) == {releases[0], releases[3]}
    assert store.damaged(releases[3]) == []
    assert names(store.releases) == sorted([".lock", *store.present()])


@pytest.mark.parametrize(
    "damage",
    [
        lambda root: (root / "news.py").write_text("tampered"),
        lambda root: (root / "news.py").chmod(0o600),
        lambda root: (root / "news.py").unlink(),
        lambda root: (root / "planted.py").write_text("x"),
        lambda root: (root / "link.py").unlink(),
        lambda root: ((root / "shared" / "tool.py").unlink(), (root / "shared" / "tool.py").symlink_to("/etc/passwd")),
    ],
    ids=["content", "mode", "gone", "planted", "link gone", "became a link"],
)
def test_tampered_files_are_found_and_restored(store: Store, source: Source, damage: Any) -> None:
    release = source.send()
    damage(Path(store.path(release)))
    (wrong,) = store.damaged(release)
    files = {name: file for name, file in source.files().items() if name == wrong}
    repair(store, release, source.archive(store.missing(files)))
    assert store.damaged(release) == []
    assert names(store.releases) == sorted([".lock", release])


def test_leftovers_of_a_killed_transfer_are_removed(store: Store, source: Source) -> None:
    (Path(store.releases) / ".incoming-0123" / "half").mkdir(parents=True)
    release = source.send()
    assert names(store.releases) == sorted([".lock", release])
    assert store.present() == [release]


def test_an_incomplete_transfer_leaves_nothing(store: Store, source: Source) -> None:
    files = source.files()
    with pytest.raises(StoreError, match=r"other\.py did not arrive intact; run the play again"):
        receive(store, "abc", files, origin={}, archive=source.archive(["news.py", "shared/tool.py"]))
    source.write(news="changed on its way")
    with pytest.raises(StoreError, match=r"news\.py did not arrive intact"):
        receive(store, "abc", files, origin={}, archive=source.archive([name for name in files if name != "link.py"]))
    assert store.present() == []
    assert names(store.releases) == [".lock"]


@pytest.mark.parametrize("name", ["../outside.py", "/etc/outside.py"])
def test_an_archive_with_outside_paths_is_refused(store: Store, source: Source, tmp_path: Path, name: str) -> None:
    archive = tmp_path / "bad.tar"
    with tarfile.open(archive, "w") as tar:
        tar.addfile(tarfile.TarInfo(name), io.BytesIO())
    with pytest.raises(StoreError, match="is not a file of a release"):
        receive(store, "abc", source.files(), origin={}, archive=str(archive))
    assert names(store.releases) == [".lock"]


def test_a_full_disk_leaves_nothing(store: Store, source: Source, monkeypatch: pytest.MonkeyPatch) -> None:
    first = source.send()
    store.switch(first)
    source.write(news="other")

    def full(*_: Any) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(release_store_files.shutil, "copyfileobj", full)
    with pytest.raises(StoreError, match=r"was not received: the disk is full .*free space"):
        source.send()
    assert (store.current(), store.present(), store.damaged(first)) == (first, [first], [])


def test_a_damaged_old_release_does_not_stop_the_next(store: Store, source: Source) -> None:
    old = Path(store.path(source.send()))
    (old / "shared/tool.py").unlink()
    (old / "shared/other.py").unlink()
    (old / "shared").rmdir()
    (old / "shared").write_text("a file now")
    (old / "news.py").unlink()
    (old / "news.py").mkdir()
    source.write(more="four")
    assert store.damaged(source.send()) == []
