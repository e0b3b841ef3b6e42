"""Restores the files that a set has of one host.

Nothing is deleted. What is replaced is moved to a directory beside it, whose name has the time of the restore. A
restore that is run again moves what it finds to one more directory.
"""

from __future__ import annotations

import os
import shutil
import subprocess
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
    for entry in filter(None, [manifest["globals"], *manifest["databases"].values()]):
        path = os.path.join(directory, os.path.basename(entry["file"]))
        if not os.path.exists(path):
            raise BackupError(f"set {manifest['set']} lacks {entry['file']}.")
        if dump.described(path)["sha256"] != entry["sha256"]:
            raise BackupError(f"{entry['file']} of set {manifest['set']} differs from its manifest.")


def files(
    manifest: Manifest, paths: Mapping[str, str], fetched: str, stamp: str, *, keeper: bool, extra: Sequence[str] = ()
) -> list[str]:
    """Move the restored files of a host to their places.

    Args:
        manifest: The set's manifest.
        paths: Directories of the host by their meaning, as in the settings.
        fetched: Directory with the restored part.
        stamp: Text for the names of what is replaced.
        keeper: Whether the host keeps the secrets of the stack.
        extra: Further paths to restore, which have the same place in the set.

    Returns:
        The directories that keep what was replaced.

    Raises:
        OSError: A file cannot be moved.
    """
    was = {name: f"{fetched}{path}" for name, path in manifest["paths"].items()}
    # After the projects: the stack's directory is usually one of them, but can be deeper in one.
    trees = [(f"{was['stack']}/{tree}", f"{paths['stack']}/{tree}") for tree in TREES]
    moves = [
        (f"{was['projects']}/{name}", f"{paths['projects']}/{name}")
        for name in _names(was["projects"])
        if f"{was['projects']}/{name}" != was["stack"]
    ]
    moves += [(f"{fetched}{path}", path) for path in extra]
    if keeper:
        moves += [(f"{was['secrets']}/{name}", f"{paths['secrets']}/{name}") for name in _names(was["secrets"])]
    history = (f"{was['records']}/history.jsonl", f"{paths['records']}/history.jsonl")
    if keeper and not os.path.exists(history[1]):
        moves.append(history)
    replaced = [place(source, target, stamp) for source, target in [*moves, *trees] if os.path.lexists(source)]
    return sorted(set(replaced) - {""})


def place(source: str, target: str, stamp: str) -> str:
    """Move a file or directory to its place, and what is there to a directory beside it.

    Args:
        source: The restored file or directory.
        target: Its place. Its directory is created, with the mode and owner of the source's one.
        stamp: Text for the directory with what is replaced.

    Returns:
        The directory with what was replaced; an empty string if there was nothing.

    Raises:
        OSError: It cannot be moved.
    """
    directory, name = os.path.split(target)
    if not os.path.isdir(directory):
        os.makedirs(directory)
        _like(os.path.dirname(source), directory)
    replaced = ""
    if os.path.lexists(target):
        replaced = _free(directory, name, stamp)
        # Only root enters it: it can hold secrets.
        os.makedirs(replaced, mode=0o700, exist_ok=True)
        os.rename(target, os.path.join(replaced, name))
    move(source, target)
    return replaced


def move(source: str, target: str) -> None:
    """Move a file or directory with its owners, also to another file system.

    Raises:
        OSError: It cannot be moved.
    """
    if os.stat(os.path.dirname(source)).st_dev == os.stat(os.path.dirname(target)).st_dev:
        os.rename(source, target)
        return
    half = os.path.join(os.path.dirname(target), f".restoring_{os.path.basename(target)}")
    _remove(half)
    # shutil's functions do not keep the owners.
    done = subprocess.run(["cp", "-a", "--", source, half], capture_output=True, text=True, check=False)
    if done.returncode:
        raise OSError(f"{target} cannot be written: {done.stderr.strip()}")
    os.rename(half, target)
    _remove(source)


def _free(directory: str, name: str, stamp: str) -> str:
    """Return a directory for what is replaced, in which there is nothing of this name yet."""
    found, number = os.path.join(directory, f".replaced_{stamp}"), 1
    while os.path.lexists(os.path.join(found, name)):
        number += 1
        found = os.path.join(directory, f".replaced_{stamp}_{number}")
    return found


def _names(directory: str) -> list[str]:
    """Return the names in a directory; none if it does not exist."""
    return sorted(os.listdir(directory)) if os.path.isdir(directory) else []


def _like(source: str, target: str) -> None:
    """Give a directory the mode and owner of another one."""
    found = os.stat(source)
    os.chown(target, found.st_uid, found.st_gid)
    shutil.copymode(source, target)


def _remove(path: str) -> None:
    """Remove a file or a directory, if it exists."""
    if os.path.isdir(path) and not os.path.islink(path):
        shutil.rmtree(path)
    elif os.path.lexists(path):
        os.unlink(path)
