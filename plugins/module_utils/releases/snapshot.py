"""Copies of file trees of the controller, made once in a run of Ansible, so that all hosts get the same release.

A file that somebody saves during the run, and another run that fetches into the same checkout, change nothing.
"""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from ansible_collections.ansible_airflow.airflow.plugins.module_utils.host.exclusive import alone
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.host.tree import tree_entries
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.releases.release import (
    left_out,
    release_files,
    release_id,
)

Answer = dict[str, Any]


def once(place: Path, source: Mapping[str, Any], read: Callable[[Path], Answer]) -> Answer:
    """Return what the first call with a source returned, in whichever process that was.

    Args:
        place: Directory of the run. It is created.
        source: What is read, as JSON can express it.
        read: Reads the source. It gets the path of a directory that does not exist yet.

    Returns:
        Its answer.
    """
    place.mkdir(mode=0o700, parents=True, exist_ok=True)
    name = hashlib.sha256(json.dumps(source, sort_keys=True).encode()).hexdigest()[:16]
    answer = place / f"{name}.json"
    with alone(str(place / f"{name}.lock")):
        if not answer.exists():
            answer.write_text(json.dumps(read(place / name)), encoding="utf-8")
        found: Answer = json.loads(answer.read_text(encoding="utf-8"))
    return found


def snapshot(root: Path, target: Path) -> Answer:
    """Copy the files that belong to a release.

    Args:
        root: A directory.
        target: The copy, which does not exist yet. It keeps modes and times.

    Returns:
        ``tree``, the path of the copy; ``release``, its id; and ``files``, their number.

    Raises:
        SourceError: The directory cannot become a release.
        OSError: Something cannot be read or written.
    """
    target.mkdir(mode=0o700)
    try:
        for name, info, path in tree_entries(root, left_out):
            if info.isdir():
                (target / name).mkdir()
            elif info.issym():
                (target / name).symlink_to(info.linkname)
            else:
                shutil.copy2(path, target / name)
    except ValueError:
        # An entry that is no file. The next call fails with this and all other problems.
        release_files(root)
        raise
    files = release_files(target)
    return {"tree": str(target), "release": release_id(files), "files": len(files)}
