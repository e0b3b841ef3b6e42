"""Files of a release on a host: compared with its manifest, reused from other releases, and written durably."""

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

# A tar archive with files of a release, or its path, in the type syntax of Python 3.9.
Archive = Optional[Union[str, BinaryIO]]


class StoreError(Exception):
    """The store refused or failed an operation; the message says which and why. Nothing was switched."""


@contextmanager
def unpacked(archive: Archive, beside: str) -> Iterator[str]:
    """Unpack an archive on the file system of a release, for the duration of the block.

    Args:
        archive: The archive.
        beside: A directory of that file system.

    Yields:
        The directory with the files; empty text if there is no archive.

    Raises:
        StoreError: The archive contains anything other than files of a release.
    """
    if archive is None:
        yield ""
        return
    directory = os.path.join(beside, ".unpacked")
    os.mkdir(directory)
    with tarfile.open(archive) if isinstance(archive, str) else tarfile.open(fileobj=archive) as tar:
        for member in tar:
            # Our archives contain only plain files below the directory; anything else is refused.
            if not member.isreg() or member.name.startswith("/") or ".." in member.name.split("/"):
                raise StoreError(f"the archive contains {member.name}, which is not a file of a release.")
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
    """Return whether the file at a path matches its entry in a manifest."""
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
        there: Its entry in that release's manifest.
        path: The new file.
        file: Its entry in the manifest.

    Returns:
        Whether the file now matches its entry.
    """
    if there["executable"] != file["executable"]:
        return copy(source, there, path, file)
    try:
        os.link(source, path, follow_symlinks=False)
    except OSError as error:
        if error.errno == errno.EMLINK:
            return copy(source, there, path, file)
        # The source was removed, or it or its directory was replaced.
        if error.errno in (errno.ENOENT, errno.ENOTDIR, errno.EPERM):
            return False
        raise
    # Check after linking: a file modified in the other release must not become part of this one.
    if not is_whole(path, file):
        os.unlink(path)
        return False
    return True


def copy(source: str, there: File, path: str, file: File) -> bool:
    """Copy a file of another release; return whether it now matches its entry in the manifest."""
    if not is_whole(source, there):
        return False
    shutil.copyfile(source, path)
    os.chmod(path, mode(file))
    return is_whole(path, file)


def write(path: str, text: str) -> None:
    """Write a text file so that it survives a power failure."""
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())


def sync(directory: str) -> None:
    """Make the names in a directory survive a power failure."""
    descriptor = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def sync_tree(directory: str) -> None:
    """Make everything below a directory survive a power failure, with one call for the whole file system."""
    os.sync()
    sync(directory)


def reason(error: OSError) -> str:
    """Return an error of the operating system in words for the operator."""
    if error.errno == errno.ENOSPC:
        return f"the disk is full ({error.filename or 'no space left'}); free space on the host."
    return f"{error.strerror}: {error.filename}"
