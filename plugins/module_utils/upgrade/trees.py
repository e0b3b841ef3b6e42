"""Keeps files and directories of a host as they are, and puts them back later."""

from __future__ import annotations

import filecmp
import os
import shutil
import stat
from collections.abc import Sequence

# Directory of the releases of a tree. Nobody changes a file of a release, so a link to it is as good as a copy.
RELEASES = "/releases/"


def keep(paths: Sequence[str], directory: str) -> None:
    """Copy files and directories with their owners, modes and links.

    Args:
        paths: Absolute paths. What does not exist is left out.
        directory: Where each gets a copy, under its own path.

    Raises:
        OSError: A file cannot be read or written.
    """
    for path in paths:
        if os.path.lexists(path):
            os.makedirs(os.path.dirname(f"{directory}{path}"), mode=0o700, exist_ok=True)
            mirror(path, f"{directory}{path}")
    os.sync()


def put_back(paths: Sequence[str], directory: str, growing: Sequence[str] = ()) -> list[str]:
    """Give files and directories the content that they had, and remove what is new.

    Args:
        paths: The paths that `keep` got.
        directory: Its directory.
        growing: Paths among them in which new files stay.

    Returns:
        Paths of the files and links that have changed.

    Raises:
        OSError: A file cannot be read or written.
    """
    changed: list[str] = []
    for path in paths:
        if os.path.lexists(f"{directory}{path}"):
            os.makedirs(os.path.dirname(path), exist_ok=True)
            mirror(f"{directory}{path}", path, changed, remove=path not in growing)
        elif os.path.lexists(path):
            _remove(path, changed)
    os.sync()
    return changed


def mirror(source: str, target: str, changed: list[str] | None = None, *, remove: bool = True) -> None:
    """Make a file or directory like another one. Directories stay, because containers have mounted them.

    Args:
        source: The file or directory to copy.
        target: What becomes like it.
        changed: Gets the paths of the files and links that change.
        remove: Whether to remove what only the target has.

    Raises:
        OSError: A file cannot be read or written.
    """
    log = [] if changed is None else changed
    if not os.path.isdir(source) or os.path.islink(source):
        if not _alike(source, target):
            _replace(source, target, log)
        return
    if os.path.islink(target) or not os.path.isdir(target):
        _remove(target, log)
        os.mkdir(target, 0o700)
    for name in set(os.listdir(target)) - set(os.listdir(source)) if remove else ():
        _remove(os.path.join(target, name), log)
    for name in os.listdir(source):
        mirror(os.path.join(source, name), os.path.join(target, name), log, remove=remove)
    _own(source, target)


def _alike(source: str, target: str) -> bool:
    """Return whether two files or links are the same, with owner and mode."""
    if not os.path.lexists(target):
        return False
    one, other = os.lstat(source), os.lstat(target)
    if (one.st_mode, one.st_uid, one.st_gid) != (other.st_mode, other.st_uid, other.st_gid):
        return False
    if stat.S_ISLNK(one.st_mode):
        return os.readlink(source) == os.readlink(target)
    return os.path.samestat(one, other) or filecmp.cmp(source, target, shallow=False)


def _replace(source: str, target: str, changed: list[str]) -> None:
    """Put a copy of a file or link in the place of another one, in one step."""
    if os.path.isdir(target) and not os.path.islink(target):
        _remove(target, changed)
    half = f"{target}.half"
    _remove(half, [])
    if os.path.islink(source):
        os.symlink(os.readlink(source), half)
        os.lchown(half, os.lstat(source).st_uid, os.lstat(source).st_gid)
    elif not (RELEASES in source and _linked(source, half)):
        _copy(source, half)
    os.replace(half, target)
    changed.append(target)


def _copy(source: str, target: str) -> None:
    """Copy a file with its owner and mode. Nobody else may read it before."""
    descriptor = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
    with os.fdopen(descriptor, "wb") as written, open(source, "rb") as read:
        shutil.copyfileobj(read, written)
    _own(source, target)


def _linked(source: str, target: str) -> bool:
    """Return whether a file could be linked, which is not possible to another file system."""
    try:
        os.link(source, target)
    except OSError:
        return False
    return True


def _own(source: str, target: str) -> None:
    """Give a file or directory the owner and mode of another one."""
    found = os.stat(source)
    os.chown(target, found.st_uid, found.st_gid)
    os.chmod(target, stat.S_IMODE(found.st_mode))


def _remove(path: str, changed: list[str]) -> None:
    """Remove a file, link or directory, if it exists."""
    if not os.path.lexists(path):
        return
    if os.path.isdir(path) and not os.path.islink(path):
        shutil.rmtree(path)
    else:
        os.unlink(path)
    changed.append(path)
