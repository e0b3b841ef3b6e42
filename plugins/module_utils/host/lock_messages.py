"""What a run says that does not get the lock of a stack."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any


def overtaken(path: str) -> str:
    """Return why a run does not start that another one has overtaken.

    Args:
        path: The lock file.
    """
    return (
        f"another run locked the stack (see {path}) after this one checked the hosts, and may have changed what was "
        "checked. Nothing was changed. Run the same command again"
    )


def words(holder: Mapping[str, Any]) -> str:
    """Return who holds the lock, for a sentence."""
    who = f"{holder.get('user', 'unknown')} on {holder.get('controller', 'unknown')}"
    return f"{holder['playbook']}.yml, run by {who} (process {holder['pid']}) since {holder.get('started', 'unknown')}"


def refusal(holder: Mapping[str, Any], path: str) -> str:
    """Return why a run does not start, and what to do.

    Args:
        holder: Content of the lock file.
        path: The lock file.
    """
    known = holder["id"] if re.fullmatch(r"[0-9a-f]{8}", str(holder["id"])) else "ID"
    return (
        f"another run holds the lock {path}: {words(holder)}. Nothing was changed. Wait until it exits, or set "
        f"airflow_lock_wait to the seconds that this run may wait. If that process no longer exists, break its lock: "
        f"run the same command with -e airflow_lock_break={known}"
    )
