"""Sets of snapshots: a backup of a stack is one set, which its manifest makes complete."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

Snapshot = Mapping[str, Any]

PART, MANIFEST = "part", "manifest"
# Tag of the set that a snapshot belongs to.
SET = "set="
NAME = re.compile(r"\d{8}T\d{6}Z")
FORMAT = "%Y%m%dT%H%M%SZ"


def set_of(snapshot: Snapshot) -> str:
    """Return the name of a snapshot's set; an empty string if it has none."""
    return next((tag[len(SET) :] for tag in snapshot.get("tags") or [] if tag.startswith(SET)), "")


def complete(snapshots: Iterable[Snapshot]) -> list[str]:
    """Return the names of complete sets, oldest first."""
    return sorted({set_of(snapshot) for snapshot in snapshots if MANIFEST in (snapshot.get("tags") or [])} - {""})


def parts(snapshots: Iterable[Snapshot], name: str) -> dict[str, str]:
    """Return the ids of a set's parts by host; of several parts of a host, the newest.

    Args:
        snapshots: Snapshots, oldest first.
        name: Name of the set.
    """
    found = {}
    for snapshot in snapshots:
        if set_of(snapshot) == name and PART in (snapshot.get("tags") or []):
            found[str(snapshot["hostname"])] = str(snapshot["id"])
    return found


def outdated(snapshots: Sequence[Snapshot], kept: Iterable[str]) -> list[str]:
    """Return the ids of snapshots to remove: those of sets that are not kept, and of older sets without a manifest.

    Args:
        snapshots: All snapshots of the stack, oldest first.
        kept: Names of the complete sets to keep.
    """
    keeping = set(kept)
    # A newer set may still be in progress.
    newest = max(keeping, default="")
    return [
        str(snapshot["id"])
        for snapshot in snapshots
        if (name := set_of(snapshot)) and name not in keeping and name < newest
    ]


def slot(now: datetime, every: str, at: str) -> str:
    """Return the name of the set that a timer's backup belongs to, which is the same on all hosts of a stack.

    Args:
        now: The time in UTC.
        every: ``daily`` or ``hourly``.
        at: Time of the day in UTC, as ``HH:MM``; of an hourly backup only the minutes count.

    Returns:
        The last scheduled time that has passed.
    """
    hour, minute = (int(part) for part in at.split(":"))
    if every == "hourly":
        last, step = now.replace(minute=minute, second=0, microsecond=0), timedelta(hours=1)
    else:
        last, step = now.replace(hour=hour, minute=minute, second=0, microsecond=0), timedelta(days=1)
    return (last if last <= now else last - step).strftime(FORMAT)
