"""Files and directories of a host: their present state, and which of them differ from the wanted state."""

from __future__ import annotations

import contextlib
import grp
import hashlib
import os
import pwd
import stat
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from ansible_collections.ansible_airflow.airflow.plugins.module_utils.host.tree import file_digest

# State of one path on a host.
State = Mapping[str, Any]


def states(paths: Iterable[str]) -> dict[str, dict[str, Any]]:
    """Return what is at each path; links are not followed.

    Args:
        paths: Paths of the host.

    Returns:
        By path ``type`` (``directory``, ``file``, ``other``, or ``unknown`` if it cannot be read), ``mode`` (four octal
        digits), ``uid``, ``gid``, ``owner``, ``group`` and, for a readable file, ``digest`` (SHA-256 in hexadecimal).
        Missing paths are left out.
    """
    found = {path: _state(path) for path in paths}
    return {path: state for path, state in found.items() if state is not None}


def _state(path: str) -> dict[str, Any] | None:
    try:
        entry = os.lstat(path)
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError:
        return {"type": "unknown"}
    directory, file = stat.S_ISDIR(entry.st_mode), stat.S_ISREG(entry.st_mode)
    state = {
        "type": "directory" if directory else "file" if file else "other",
        "mode": f"{stat.S_IMODE(entry.st_mode):04o}",
        "uid": entry.st_uid,
        "gid": entry.st_gid,
        "owner": _name(lambda number: pwd.getpwuid(number).pw_name, entry.st_uid),
        "group": _name(lambda number: grp.getgrgid(number).gr_name, entry.st_gid),
    }
    if file:
        # A file that is unreadable or was removed meanwhile has no digest and so differs from every wanted one.
        with contextlib.suppress(OSError):
            state["digest"] = file_digest(path)
    return state


def _name(look_up: Callable[[int], str], number: int) -> str:
    try:
        return look_up(number)
    except KeyError:
        return ""


def copies(names: Iterable[str], source: str, directory: str, mode: str = "0644") -> list[dict[str, str]]:
    """Return the entries of files that are copied from the controller and belong to root.

    Args:
        names: Names of the files, without a directory.
        source: Their directory on the controller.
        directory: Their directory on the host.
        mode: Octal digits.

    Returns:
        Entries as ``differing`` takes them, in the order of the names.
    """
    return [
        {"path": f"{directory}/{name}", "src": f"{source}/{name}", "owner": "root", "group": "root", "mode": mode}
        for name in names
    ]


def differing(entries: Sequence[Mapping[str, Any]], found: Mapping[str, State]) -> list[Mapping[str, Any]]:
    """Return the wanted directories and files that are missing or different on the host.

    If a comparison is uncertain, for example for a link, the entry counts as different; the module that writes it
    compares again. An entry that is not returned needs no task.

    Args:
        entries: Each with ``path``, ``owner`` and ``group`` (a name or a number), ``mode`` (octal digits, or a number)
            and, for a file, ``content`` (text) or ``src`` (path on the controller).
        found: What is on the host, as ``states`` returns it.

    Returns:
        The entries that differ, in their order.

    Raises:
        OSError: A ``src`` cannot be read.
    """
    return [entry for entry in entries if not _is_there(entry, found.get(entry["path"], {}))]


def _is_there(entry: Mapping[str, Any], state: State) -> bool:
    wanted = "file" if "content" in entry or "src" in entry else "directory"
    return (
        state.get("type") == wanted
        and _mode(entry["mode"]) == int(state["mode"], 8)
        and _owns(entry["owner"], state["uid"], state["owner"])
        and _owns(entry["group"], state["gid"], state["group"])
        and (wanted == "directory" or state.get("digest") == _digest(entry))
    )


def _mode(wanted: str | int) -> int | None:
    # YAML turns an octal number without quotes into an int. Only the module can interpret a symbolic mode.
    try:
        return wanted if isinstance(wanted, int) else int(wanted, 8)
    except ValueError:
        return None


def _owns(wanted: str | int, number: int, name: str) -> bool:
    # As in Ansible, digits are an id, even if a user or group has that name.
    return int(wanted) == number if str(wanted).isdecimal() else wanted == name


def _digest(entry: Mapping[str, Any]) -> str:
    if entry.get("src") is not None:
        return file_digest(entry["src"])
    return hashlib.sha256(entry["content"].encode("utf-8", "surrogateescape")).hexdigest()
