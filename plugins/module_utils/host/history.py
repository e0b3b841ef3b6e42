"""The history of a host: which run changed what a stack is made of, when, and by whom.

It is a file with one JSON object a line. A run that deploys what was deployed before adds no line.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping
from typing import Any

from ansible_collections.ansible_airflow.airflow.plugins.module_utils.host import atomic

Entry = dict[str, Any]

# What a stack on a host is made of. A run that changes none of it is not recorded.
STATE = ("collection", "airflow_version", "image", "compose", "configuration", "dags", "plugins")
# What is recorded of a run.
RUN = ("started", "user", "controller", "playbook")
# Lines to keep. A line has about 400 bytes.
KEPT = 1000


def _digest(path: str) -> str:
    """Return the first digits of a file's SHA-256; an empty string if there is no such file."""
    try:
        with open(path, "rb") as file:
            return hashlib.sha256(file.read()).hexdigest()[:12]
    except OSError:
        return ""


def _release(directory: str) -> str:
    """Return the name of a tree's current release; an empty string without one."""
    try:
        name = os.path.basename(os.readlink(os.path.join(directory, "current")))
    except OSError:
        return ""
    return "" if name == ".none" else name


def state(directory: str, run: Mapping[str, Any]) -> Entry:
    """Return what the stack on this host is made of.

    Args:
        directory: The stack's directory.
        run: ``collection``, ``airflow_version`` and ``image`` of the run.
    """
    return {
        "collection": run["collection"],
        "airflow_version": run["airflow_version"],
        "image": run["image"],
        "compose": _digest(f"{directory}/compose.yml"),
        "configuration": _digest(f"{directory}/config/airflow.cfg"),
        "dags": _release(f"{directory}/dags"),
        "plugins": _release(f"{directory}/plugins"),
    }


def read(path: str) -> list[Entry]:
    """Return the entries, oldest first. Lines that are no JSON object, for example of a full disk, are left out.

    Args:
        path: The file.
    """
    entries = []
    try:
        with open(path, encoding="utf-8", errors="replace") as file:
            lines = file.read().splitlines()
    except OSError:
        return []
    for line in lines:
        try:
            entry = json.loads(line)
        except ValueError:
            continue
        if isinstance(entry, dict):
            entries.append(entry)
    return entries


def record(path: str, now: Mapping[str, Any], run: Mapping[str, Any]) -> bool:
    """Add an entry unless the last one has the same state.

    Args:
        path: The file. Its directory is created.
        now: The present state; see `state`.
        run: ``started``, ``user``, ``controller`` and ``playbook`` of the run.

    Returns:
        Whether an entry was added.

    Raises:
        OSError: The file cannot be written.
    """
    entries = read(path)
    if entries and all(entries[-1].get(key) == now[key] for key in STATE):
        return False
    os.makedirs(os.path.dirname(path), mode=0o700, exist_ok=True)
    kept = [*entries[1 - KEPT :], {**{key: run.get(key, "") for key in RUN}, **now}]
    atomic.write(path, "".join(f"{json.dumps(entry, sort_keys=True)}\n" for entry in kept), 0o644)
    return True


def lines(entries: list[Entry]) -> list[str]:
    """Return a line for each entry, newest first, with what differs from the entry before.

    Args:
        entries: The entries, oldest first.
    """
    found = []
    before: Entry = {}
    for entry in entries:
        changes = [f"{key} {entry.get(key) or 'none'}" for key in STATE if entry.get(key) != before.get(key)]
        who = f"{entry.get('user', 'unknown')} on {entry.get('controller', 'unknown')}"
        found.append(
            f"{entry.get('started', 'unknown')} {who}, {entry.get('playbook', 'unknown')}.yml: {', '.join(changes)}"
        )
        before = entry
    return found[::-1]
