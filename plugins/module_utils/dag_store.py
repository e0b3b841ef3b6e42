"""The releases of a DAG tree on a host: received beside each other, one of them current by a link.

DIRECTORY/releases/ID         files of a release, and what is in it: .release.json
DIRECTORY/current             link to the release that Airflow reads
DIRECTORY/history.json        which release became current when, the newest last

No AnsibleModule in here.
"""

from __future__ import annotations

import errno
import fcntl
import io
import json
import os
import shutil
import stat
import tarfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime, timezone
from typing import Any, BinaryIO

from ansible_collections.ansible_airflow.airflow.plugins.module_utils.controller_tree import file_digest

MANIFEST = ".release.json"
INCOMING = ".incoming-"

File = Mapping[str, Any]


class StoreError(Exception):
    """The store refuses or cannot do something; the text says what and why, and that nothing was switched."""


class Store:
    """The releases below a directory.

    :ivar directory: path of the store
    """

    def __init__(self, directory: str) -> None:
        self.directory = directory
        self.releases = os.path.join(directory, "releases")
        self.link = os.path.join(directory, "current")
        self.history_file = os.path.join(directory, "history.json")

    def path(self, release: str) -> str:
        """Return the directory of a release."""
        return os.path.join(self.releases, release)

    def current(self) -> str | None:
        """Return the id of the current release, None before the first one.

        Until then the link may lead to a directory without files, whose name begins with a dot.
        """
        try:
            name = os.path.basename(os.readlink(self.link))
        except FileNotFoundError:
            return None
        return None if name.startswith(".") else name

    def present(self) -> list[str]:
        """Return the ids of the releases that are whole."""
        try:
            names = os.listdir(self.releases)
        except FileNotFoundError:
            return []
        return sorted(name for name in names if not name.startswith("."))

    def manifest(self, release: str) -> dict[str, Any]:
        """Return what is in a release: ``files`` by path, ``origin``.

        :raises StoreError: if the release is not there
        """
        try:
            with open(os.path.join(self.path(release), MANIFEST), encoding="utf-8") as file:
                found: dict[str, Any] = json.load(file)
        except FileNotFoundError as error:
            there = ", ".join(self.present()) or "none"
            raise StoreError(f"there is no release {release} in {self.releases}; there are: {there}.") from error
        return found

    def history(self) -> list[dict[str, str]]:
        """Return which release became current when, oldest first."""
        try:
            with open(self.history_file, encoding="utf-8") as file:
                found: list[dict[str, str]] = json.load(file)
        except FileNotFoundError:
            return []
        return found

    def previous(self) -> str | None:
        """Return the release that was current before the one that is now, if it is still there."""
        current, present = self.current(), self.present()
        before = [entry["release"] for entry in self.history()]
        return next((name for name in reversed(before) if name != current and name in present), None)

    def damaged(self, release: str) -> list[str]:
        """Return the paths at which a release is not what its manifest says, files that it does not list included."""
        files = self.manifest(release)["files"]
        root = self.path(release)
        there = {
            os.path.relpath(os.path.join(directory, name), root)
            for directory, directories, names in os.walk(root)
            for name in (*names, *(name for name in directories if os.path.islink(os.path.join(directory, name))))
        }
        wrong = [name for name, file in files.items() if not _is(os.path.join(root, name), file)]
        return sorted({*wrong, *(there - set(files) - {MANIFEST})})

    def missing(self, files: Mapping[str, File]) -> list[str]:
        """Return the paths of those files whose content no release on the host has; what has it was read to be sure."""
        held = self._held(files)
        whole = {digest for digest, places in held.items() if any(_is(path, there) for path, there in places)}
        return sorted(name for name, file in files.items() if "digest" in file and file["digest"] not in whole)

    def _held(self, files: Mapping[str, File]) -> dict[str, list[tuple[str, File]]]:
        """Return where the releases on the host should have the contents of these files, by digest."""
        held: dict[str, list[tuple[str, File]]] = {file["digest"]: [] for file in files.values() if "digest" in file}
        for release in self.present():
            for name, there in self.manifest(release)["files"].items():
                if there.get("digest") in held:
                    held[there["digest"]].append((os.path.join(self.path(release), name), there))
        return held

    def receive(
        self, release: str, files: Mapping[str, File], origin: Mapping[str, Any], archive: str | BinaryIO | None
    ) -> None:
        """Make a release whole, or leave nothing of it.

        A file that another release has with the same content is a hard link to it: it keeps its time, so Airflow
        parses those files at once that are new, and no others.

        :param release: its id
        :param files: its files by path
        :param origin: where they come from
        :param archive: a tar archive with the files that are missing, or its path; None if none is
        :raises StoreError: if a file is not what the manifest says, or there is no room
        """
        os.makedirs(self.releases, mode=0o755, exist_ok=True)
        with self._alone():
            self._sweep()
            incoming = os.path.join(self.releases, f"{INCOMING}{release}")
            try:
                os.mkdir(incoming, 0o755)
                self._fill(incoming, files, archive)
                text = json.dumps({"release": release, "origin": origin, "files": files}, sort_keys=True)
                write(os.path.join(incoming, MANIFEST), text)
                sync_tree(incoming)
                os.rename(incoming, self.path(release))
                sync(self.releases)
            except OSError as error:
                shutil.rmtree(incoming, ignore_errors=True)
                raise StoreError(f"release {release} was not received: {reason(error)}") from error
            except StoreError:
                shutil.rmtree(incoming, ignore_errors=True)
                raise

    def _sweep(self) -> None:
        """Remove what a transfer left that was killed."""
        for name in os.listdir(self.releases):
            if name.startswith(INCOMING):
                shutil.rmtree(os.path.join(self.releases, name))

    def _fill(self, incoming: str, files: Mapping[str, File], archive: str | BinaryIO | None) -> None:
        """Write all files of a release and check each of them."""
        held = self._held(files)
        made = set()
        with _unpacked(archive, incoming) as unpacked:
            for name, file in files.items():
                path = os.path.join(incoming, name)
                if (parent := os.path.dirname(path)) not in made:
                    os.makedirs(parent, mode=0o755, exist_ok=True)
                    made.add(parent)
                sent = os.path.join(unpacked, name) if unpacked else ""
                if "link" in file:
                    os.symlink(file["link"], path)
                elif any(_reuse(source, there, path, file) for source, there in held[file["digest"]]):
                    continue
                elif sent and os.path.isfile(sent):
                    os.rename(sent, path)
                    os.chmod(path, _mode(file))
                if not _is(path, file):
                    raise StoreError(f"{name} did not arrive whole; run the play again.")

    def repair(self, release: str, archive: str | BinaryIO | None) -> None:
        """Put back what somebody changed in a release, each file in one step, and remove what does not belong there.

        :param release: its id
        :param archive: a tar archive with the damaged files that no other release has, or its path
        :raises StoreError: if a file cannot be put back
        """
        manifest, wrong = self.manifest(release), self.damaged(release)
        files = {name: file for name, file in manifest["files"].items() if name in wrong}
        with self._alone():
            beside = os.path.join(self.releases, f"{INCOMING}{release}")
            shutil.rmtree(beside, ignore_errors=True)
            try:
                os.mkdir(beside, 0o755)
                self._fill(beside, files, archive)
                for name in wrong:
                    path = os.path.join(self.path(release), name)
                    if name in files:
                        os.makedirs(os.path.dirname(path), mode=0o755, exist_ok=True)
                        os.replace(os.path.join(beside, name), path)
                    else:
                        os.unlink(path)
            except OSError as error:
                raise StoreError(f"release {release} was not repaired: {reason(error)}") from error
            finally:
                shutil.rmtree(beside, ignore_errors=True)

    def switch(self, release: str) -> None:
        """Let the link lead to another release: whoever reads it sees the old tree or the new one, never a part.

        :raises StoreError: if the release is not there
        """
        self.manifest(release)
        with self._alone():
            temporary = f"{self.link}.new"
            if os.path.lexists(temporary):
                os.unlink(temporary)
            os.symlink(os.path.join("releases", release), temporary)
            os.replace(temporary, self.link)
            now = datetime.now(timezone.utc).isoformat(timespec="seconds")
            history = [*self.history(), {"release": release, "since": now}]
            write(f"{self.history_file}.new", json.dumps(history[-100:], indent=1))
            os.replace(f"{self.history_file}.new", self.history_file)
            sync(self.directory)

    def surplus(self, keep: int, current: str) -> list[str]:
        """Return the releases that go once a release is current: never that one, nor the one that was before it.

        :param keep: how many releases stay, the current one included
        :param current: the release that is, or is about to be, the current one
        """
        used = [entry["release"] for entry in self.history()]
        if current != self.current():
            used.append(current)
        present = self.present()
        # When each was current for the last time, the latest first; what never was comes last.
        last = {name: index for index, name in enumerate(used, start=1)}
        order = sorted(present, key=lambda name: last.get(name, 0), reverse=True)
        previous = next((name for name in reversed(used) if name != current and name in present), None)
        stay = {current, previous, *order[: max(keep, 1)]}
        return [name for name in order if name not in stay]

    def remove(self, releases: Sequence[str]) -> None:
        """Remove releases."""
        with self._alone():
            for release in releases:
                # Under another name first: a release that is half removed is none.
                going = os.path.join(self.releases, f"{INCOMING}{release}")
                os.rename(self.path(release), going)
                shutil.rmtree(going)

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """Let no other run change the store at the same time."""
        with open(os.path.join(self.releases, ".lock"), "w", encoding="utf-8") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield


@contextmanager
def _unpacked(archive: str | BinaryIO | None, beside: str) -> Iterator[str]:
    """Unpack an archive on the file system of a release, for the time of the block."""
    if archive is None:
        yield ""
        return
    directory = os.path.join(beside, ".unpacked")
    os.mkdir(directory)
    with tarfile.open(archive) if isinstance(archive, str) else tarfile.open(fileobj=archive) as tar:
        for member in tar:
            # Ours are plain files below the directory; whatever else somebody slipped in is refused.
            if not member.isreg() or member.name.startswith("/") or ".." in member.name.split("/"):
                raise StoreError(f"the archive holds {member.name}, which is no file of a release.")
            path = os.path.join(directory, member.name)
            os.makedirs(os.path.dirname(path), exist_ok=True)
            content = tar.extractfile(member)
            with open(path, "wb") as file:
                shutil.copyfileobj(content or io.BytesIO(), file)
    yield directory
    shutil.rmtree(directory)


def _mode(file: File) -> int:
    return 0o755 if file["executable"] else 0o644


def _is(path: str, file: File) -> bool:
    """Return whether a path holds what a manifest says of it."""
    try:
        if "link" in file:
            return os.readlink(path) == file["link"]
        found = os.lstat(path)
        regular = stat.S_ISREG(found.st_mode) and stat.S_IMODE(found.st_mode) == _mode(file)
        return regular and file_digest(path) == file["digest"]
    except OSError as error:
        if error.errno in (errno.ENOENT, errno.ENOTDIR, errno.EINVAL):
            return False
        raise


def _reuse(source: str, there: File, path: str, file: File) -> bool:
    """Link a file to the same content in another release, or copy it if of the two only one is executable.

    :return: whether the file is whole now
    """
    if there["executable"] != file["executable"]:
        return _copy(source, there, path, file)
    try:
        os.link(source, path, follow_symlinks=False)
    except OSError as error:
        if error.errno == errno.EMLINK:
            return _copy(source, there, path, file)
        # Somebody removed it, or put a directory in its place or in that of its own.
        if error.errno in (errno.ENOENT, errno.ENOTDIR, errno.EPERM):
            return False
        raise
    # Looked at after it was linked: what somebody changed in the other release is no part of this one.
    if not _is(path, file):
        os.unlink(path)
        return False
    return True


def _copy(source: str, there: File, path: str, file: File) -> bool:
    """Copy a file of another release; return whether it is whole now."""
    if not _is(source, there):
        return False
    shutil.copyfile(source, path)
    os.chmod(path, _mode(file))
    return _is(path, file)


def write(path: str, text: str) -> None:
    """Write a text file that survives a loss of power."""
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())


def sync(directory: str) -> None:
    """Let the names in a directory survive a loss of power."""
    descriptor = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def sync_tree(directory: str) -> None:
    """Let all below a directory survive a loss of power: one call for the file system, whatever the number of files."""
    os.sync()
    sync(directory)


def reason(error: OSError) -> str:
    """Return an operator's words for what the system says."""
    if error.errno == errno.ENOSPC:
        return f"the disk is full ({error.filename or 'no space left'}); make room on the host."
    return f"{error.strerror}: {error.filename}"
