"""Directories of files: compared by digest, and packed for a host."""

from __future__ import annotations

import hashlib
import io
import os
import tarfile
from collections.abc import Callable, Collection, Iterator
from pathlib import Path
from typing import IO

# Leftovers of tools in a source directory, from which nothing in an image is built.
IGNORED = frozenset({"__pycache__", ".git"})
CHUNK = 1024 * 1024


def file_digest(path: str | Path) -> str:
    """Return the SHA-256 of a file's content, in hexadecimal.

    Raises:
        OSError: The file cannot be read.
    """
    digest = hashlib.sha256()
    with open(path, "rb", buffering=0) as file:
        while chunk := file.read(CHUNK):
            digest.update(chunk)
    return digest.hexdigest()


def _ignored(name: str) -> bool:
    return name in IGNORED


def tree_entries(root: Path, ignored: Callable[[str], bool] = _ignored) -> Iterator[tuple[str, tarfile.TarInfo, Path]]:
    """Walk a directory in an order that depends only on names.

    Only the executable bit of a mode counts, as in git: the rest depends on the umask of whoever made the copy.

    Args:
        root: The directory.
        ignored: Returns whether a name, without its directory, is skipped.

    Yields:
        The relative name with ``/``, the tar header of the entry, and its path.

    Raises:
        ValueError: An entry is neither a file, a directory nor a symbolic link.
        OSError: Something cannot be read.
    """
    yield from _below(str(root), "", ignored)


def _below(directory: str, inside: str, ignored: Callable[[str], bool]) -> Iterator[tuple[str, tarfile.TarInfo, Path]]:
    """Walk one directory; `inside` is its relative name with ``/`` at the end. A tree may hold thousands of files."""
    with os.scandir(directory) as entries:
        wanted = sorted((entry for entry in entries if not ignored(entry.name)), key=lambda entry: entry.name)
    for entry in wanted:
        info = tarfile.TarInfo(inside + entry.name)
        if entry.is_symlink():
            info.type, info.linkname = tarfile.SYMTYPE, os.readlink(entry.path)
        elif entry.is_dir():
            info.type, info.mode = tarfile.DIRTYPE, 0o755
        elif entry.is_file():
            found = entry.stat()
            info.mode, info.size = (0o755 if found.st_mode & 0o100 else 0o644), found.st_size
        else:
            raise ValueError(f"{entry.path} is neither a file, a directory nor a symbolic link")
        yield info.name, info, Path(entry.path)
        if info.isdir():
            yield from _below(entry.path, f"{info.name}/", ignored)


def tree_digest(root: Path, *extra: str) -> str:
    """Return a digest that changes when a name, an executable bit, a link or a content below a directory does.

    Args:
        root: The directory.
        extra: Texts to include in the digest.

    Returns:
        SHA-256 in hexadecimal.

    Raises:
        ValueError: See tree_entries.
        OSError: Something cannot be read.
    """
    digest = hashlib.sha256()
    for name, info, path in tree_entries(root):
        content = file_digest(path) if info.isreg() else info.linkname
        # NUL is in no file name, so two different trees never give the same line.
        digest.update(f"{name}\0{info.type!r}\0{info.mode:o}\0{content}\n".encode("utf-8", "surrogateescape"))
    for text in extra:
        digest.update(f"\0{text}\n".encode())
    return digest.hexdigest()


def pack_tree(root: Path, target: IO[bytes]) -> int:
    """Write a compressed tar archive of the entries that tree_digest covers, owned by root and without timestamps.

    Args:
        root: The directory.
        target: A file open for writing.

    Returns:
        The number of files and links.

    Raises:
        ValueError: See tree_entries.
        OSError: Something cannot be read or written.
    """
    count = 0
    with tarfile.open(fileobj=target, mode="w:gz") as archive:
        for _, info, path in tree_entries(root):
            _pack(archive, info, path)
            count += not info.isdir()
    return count


def pack_files(root: Path, target: IO[bytes], names: Collection[str]) -> None:
    """Write a compressed tar archive of some files of a directory.

    Args:
        root: The directory.
        target: A file open for writing.
        names: Paths of the files relative to it.

    Raises:
        OSError: Something cannot be read or written.
    """
    # Level 6: the best level takes twice the time for a hundredth of the size.
    with tarfile.open(fileobj=target, mode="w:gz", compresslevel=6) as archive:
        for name in names:
            _pack(archive, tarfile.TarInfo(name), root / name)


def _pack(archive: tarfile.TarFile, info: tarfile.TarInfo, path: Path) -> None:
    # Read the whole file first, so that a file that changes meanwhile cannot break the archive.
    content = path.read_bytes() if info.isreg() else b""
    info.size = len(content)
    archive.addfile(info, io.BytesIO(content))
