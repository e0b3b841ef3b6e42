"""A release of a file tree: the files of a directory that belong to it, what each holds, and the id that follows.

The same content gives the same id wherever it comes from, so two people who deploy one commit deploy one release.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterator, Mapping
from pathlib import Path, PurePosixPath
from typing import Any

from ansible_collections.ansible_airflow.airflow.plugins.module_utils.host.tree import file_digest, tree_entries

# The one file with a dot that Airflow reads.
KEPT = ".airflowignore"
# What Python and editors leave behind.
LEFTOVERS = (".pyc", ".pyo", "~", ".swp", ".swo", ".orig", ".rej")
ID_LENGTH = 12

# What a manifest says of one file: "digest" (SHA-256 in hexadecimal) and "executable", or "link" (its target).
File = Mapping[str, Any]


class SourceError(Exception):
    """A tree cannot become a release.

    Attributes:
        problems: A sentence for each file that cannot be part of one.
    """

    def __init__(self, problems: list[str]) -> None:
        super().__init__(" ".join(problems))
        self.problems = problems


def left_out(name: str) -> bool:
    """Return whether a file or directory of this name is no part of a release."""
    if name == KEPT:
        return False
    return name.startswith((".", "#")) or name == "__pycache__" or name.endswith(LEFTOVERS)


def release_files(root: Path) -> dict[str, File]:
    """Return the files of a release by their paths relative to the directory.

    Empty directories are none: nothing can be imported from them.

    Args:
        root: The directory.

    Raises:
        SourceError: A link leads out of the tree, or something is no file, or its name is no text.
        OSError: Something cannot be read.
    """
    files: dict[str, File] = {}
    problems = []
    try:
        for name, info, path in tree_entries(root, left_out):
            if not _is_text(name):
                problems.append(f"{name!r}: its name is no UTF-8, which Airflow's database cannot store; rename it.")
            elif info.issym():
                problems += _link_problems(root, name, info.linkname)
                files[name] = {"link": info.linkname}
            elif info.isreg():
                files[name] = {"digest": file_digest(path), "executable": bool(info.mode & 0o100)}
    except ValueError as error:
        problems.append(f"{error}; remove it.")
    if problems:
        raise SourceError(problems)
    return files


def _is_text(name: str) -> bool:
    try:
        name.encode()
    except UnicodeEncodeError:
        return False
    return True


def _link_problems(root: Path, name: str, target: str) -> Iterator[str]:
    """Say what is wrong with a symbolic link: on the host it must lead to the file that it leads to here."""
    if os.path.isabs(target):
        yield f"{name}: is a symbolic link to the absolute path {target}; make it relative, or a copy."
        return
    resolved = os.path.normpath(PurePosixPath(name).parent / target)
    if resolved.startswith(".."):
        yield f"{name}: is a symbolic link to {target}, outside of the tree; put a copy in its place."
    elif not (root / resolved).exists():
        yield f"{name}: is a symbolic link to {target}, which does not exist; remove it."


def release_id(files: Mapping[str, File]) -> str:
    """Return the id of a release: a digest of its files' names, modes and contents."""
    text = json.dumps(files, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()[:ID_LENGTH]


def changes(before: Mapping[str, File], after: Mapping[str, File]) -> dict[str, list[str]]:
    """Return the paths that were added, changed and removed between two releases, sorted."""
    return {
        "added": sorted(after.keys() - before.keys()),
        "changed": sorted(name for name in after.keys() & before.keys() if after[name] != before[name]),
        "removed": sorted(before.keys() - after.keys()),
    }
