"""Restores the files that a set has of one host.

Nothing is deleted. What is replaced is kept in a directory whose name ends with the time of the restore, so that an
interrupted restore that is run again goes on with the same names.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping, Sequence
from typing import Any

from ansible_collections.ansible_airflow.airflow.plugins.module_utils.backup import dump
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.backup.restic import Restic
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.backup.settings import BackupError

Manifest = Mapping[str, Any]

# Trees with releases, in the stack's directory. A deployment writes everything else in it again.
TREES = ("dags", "plugins")


def fetch(restic: Restic, snapshot: str, directory: str, include: Sequence[str] = ()) -> None:
    """Restore a part of a set to a directory.

    Args:
        restic: The repository.
        snapshot: Id of the part.
        directory: Where to restore it. An earlier content is removed.
        include: Paths to restore; by default all.

    Raises:
        BackupError: restic fails.
        OSError: The directory cannot be written.
    """
    shutil.rmtree(directory, ignore_errors=True)
    os.makedirs(directory, mode=0o700)
    restic.restore(snapshot, directory, include)


def compare(manifest: Manifest, directory: str) -> None:
    """Compare the dumps of a set with its manifest.

    Args:
        manifest: The set's manifest.
        directory: Directory of the dumps.

    Raises:
        BackupError: A file is missing or differs.
    """
    for entry in [manifest["globals"], *manifest["databases"].values()]:
        path = os.path.join(directory, entry["file"]) if entry else ""
        if not entry:
            continue
        if not os.path.exists(path):
            raise BackupError(f"set {manifest['set']} lacks {entry['file']}.")
        if dump.described(path)["sha256"] != entry["sha256"]:
            raise BackupError(f"{entry['file']} of set {manifest['set']} differs from its manifest.")


def files(manifest: Manifest, paths: Mapping[str, str], fetched: str, stamp: str, keeper: bool) -> list[str]:
    """Move the restored files of a host to their places.

    Args:
        manifest: The set's manifest.
        paths: Directories of the host by their meaning, as in the settings.
        fetched: Directory with the restored part.
        stamp: Text for the names of what is replaced, the same if the restore is repeated.
        keeper: Whether the host keeps the secrets of the stack.

    Returns:
        The paths that keep what was replaced.

    Raises:
        OSError: A file cannot be moved.
    """
    was = {name: f"{fetched}{path}" for name, path in manifest["paths"].items()}
    moves = [(f"{was['stack']}/{tree}", f"{paths['stack']}/{tree}") for tree in TREES]
    # The stack's directory is usually one of the projects' directory.
    moves += [
        (f"{was['projects']}/{name}", f"{paths['projects']}/{name}")
        for name in _names(was["projects"])
        if f"{was['projects']}/{name}" != was["stack"]
    ]
    if keeper:
        moves += [(f"{was['secrets']}/{name}", f"{paths['secrets']}/{name}") for name in _names(was["secrets"])]
    replaced = [place(source, target, stamp) for source, target in moves if os.path.lexists(source)]
    history = f"{paths['records']}/history.jsonl"
    if keeper and not os.path.exists(history) and os.path.exists(f"{was['records']}/history.jsonl"):
        place(f"{was['records']}/history.jsonl", history, stamp)
    return sorted(set(replaced) - {""})


def place(source: str, target: str, stamp: str) -> str:
    """Move a file or directory to its place, and what is there to a directory beside it.

    Args:
        source: The restored file or directory.
        target: Its place. Its directory is created, with the mode and owner of the source's one.
        stamp: Text for the directory with what is replaced.

    Returns:
        Where the replaced file or directory is; an empty string if nothing was replaced.

    Raises:
        OSError: It cannot be moved.
    """
    directory, name = os.path.split(target)
    if not os.path.isdir(directory):
        os.makedirs(directory)
        _like(os.path.dirname(source), directory)
    # Only root enters it: it can hold secrets.
    kept = os.path.join(directory, f".replaced_{stamp}", name)
    replaced = ""
    if os.path.lexists(target) and not os.path.lexists(kept):
        os.makedirs(os.path.dirname(kept), mode=0o700, exist_ok=True)
        shutil.move(target, kept)
        replaced = os.path.dirname(kept)
    elif os.path.lexists(target):
        # An interrupted restore has moved the original already.
        _remove(target)
    shutil.move(source, target)
    return replaced


def _names(directory: str) -> list[str]:
    """Return the names in a directory; none if it does not exist."""
    return sorted(os.listdir(directory)) if os.path.isdir(directory) else []


def _like(source: str, target: str) -> None:
    """Give a directory the mode and owner of another one."""
    found = os.stat(source)
    os.chown(target, found.st_uid, found.st_gid)
    shutil.copymode(source, target)


def _remove(path: str) -> None:
    """Remove a file or a directory."""
    if os.path.isdir(path) and not os.path.islink(path):
        shutil.rmtree(path)
    else:
        os.unlink(path)
