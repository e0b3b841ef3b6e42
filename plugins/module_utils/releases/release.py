"""A release of a file tree: its files, what each of them contains, and the id derived from them.

The same content has the same id wherever it comes from, so two people who deploy the same commit deploy the same
release.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterator, Mapping
from pathlib import Path, PurePosixPath
from typing import Any

from ansible_collections.ansible_airflow.airflow.plugins.module_utils.host.tree import file_digest, tree_entries

# The only dot file that Airflow reads.
KEPT = ".airflowignore"
# Leftovers of Python and editors.
LEFTOVERS = (".pyc", ".pyo", "~", ".swp", ".swo", ".orig", ".rej")
ID_LENGTH = 12

# Entry of one file in a manifest: "digest" (SHA-256 in hexadecimal) and "executable", or "link" (its target).
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
    """Return whether a file or directory of this name is left out of a release."""
    if name == KEPT:
        return False
    return name.startswith((".", "#")) or name == "__pycache__" or name.endswith(LEFTOVERS)


def release_files(root: Path) -> dict[str, File]:
    """Return the files of a release by their paths relative to the directory.

    Empty directories are left out: nothing can be imported from them.

    Args:
        root: The directory.

    Raises:
        SourceError: A link points outside of the tree, an entry is not a file, or its name is not text.
        OSError: Something cannot be read.
    """
    files: dict[str, File] = {}
    problems = []
    try:
        for name, info, path in tree_entries(root, left_out):
            if not _is_text(name):
                problems.append(f"{name!r}: its name is not UTF-8, so Airflow's database cannot store it; rename it.")
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
    """Yield what is wrong with a symbolic link: it must point to the same file on the host as here."""
    if os.path.isabs(target):
        yield f"{name}: is a symbolic link to the absolute path {target}; make it relative, or replace it by a copy."
        return
    resolved = os.path.normpath(PurePosixPath(name).parent / target)
    if resolved.startswith(".."):
        yield f"{name}: is a symbolic link to {target}, outside of the tree; replace it by a copy."
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
