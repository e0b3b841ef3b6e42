"""Files of a release on a host: compared with its manifest, taken over from other releases, and written durably."""

from __future__ import annotations

import errno
import io
import os
import shutil
import stat
import tarfile
from collections.abc import Iterator
from contextlib import contextmanager
from typing import BinaryIO, Optional, Union

from ansible_collections.ansible_airflow.airflow.plugins.module_utils.host.tree import file_digest
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.releases.release import File

# A tar archive with files of a release, or its path. The union as Python 3.9 writes it.
Archive = Optional[Union[str, BinaryIO]]


class StoreError(Exception):
    """The store refuses or cannot do something; the text says what and why, and that nothing was switched."""


@contextmanager
def unpacked(archive: Archive, beside: str) -> Iterator[str]:
    """Unpack an archive on the file system of a release, for the time of the block.

    Args:
        archive: The archive.
        beside: A directory of that file system.

    Yields:
        The directory with the files; empty text where there is no archive.

    Raises:
        StoreError: The archive has anything but files of a release.
    """
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


def mode(file: File) -> int:
    """Return the mode of a file."""
    return 0o755 if file["executable"] else 0o644


def is_whole(path: str, file: File) -> bool:
    """Return whether a path holds what a manifest says of it."""
    try:
        if "link" in file:
            return os.readlink(path) == file["link"]
        found = os.lstat(path)
        regular = stat.S_ISREG(found.st_mode) and stat.S_IMODE(found.st_mode) == mode(file)
        return regular and file_digest(path) == file["digest"]
    except OSError as error:
        if error.errno in (errno.ENOENT, errno.ENOTDIR, errno.EINVAL):
            return False
        raise


def reuse(source: str, there: File, path: str, file: File) -> bool:
    """Link a file to the same content in another release, or copy it if only one of the two is executable.

    Args:
        source: The file of the other release.
        there: What that release's manifest says of it.
        path: The new file.
        file: What its manifest says of it.

    Returns:
        Whether the file is whole now.
    """
    if there["executable"] != file["executable"]:
        return copy(source, there, path, file)
    try:
        os.link(source, path, follow_symlinks=False)
    except OSError as error:
        if error.errno == errno.EMLINK:
            return copy(source, there, path, file)
        # Somebody removed it, or put a directory in its place or in that of its own.
        if error.errno in (errno.ENOENT, errno.ENOTDIR, errno.EPERM):
            return False
        raise
    # Looked at after it was linked: what somebody changed in the other release is no part of this one.
    if not is_whole(path, file):
        os.unlink(path)
        return False
    return True


def copy(source: str, there: File, path: str, file: File) -> bool:
    """Copy a file of another release; return whether it is whole now."""
    if not is_whole(source, there):
        return False
    shutil.copyfile(source, path)
    os.chmod(path, mode(file))
    return is_whole(path, file)


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
