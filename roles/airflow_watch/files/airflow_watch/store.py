"""The directory of pauses. Pauses survive a reboot, so that a paused service stays paused; each pause has an end."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from . import pauses
from .commands import WatchError

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

DIRECTORY = Path("/var/lib/airflow-watch/pauses")


def read_pauses(now: datetime, say: Callable[[str], None]) -> list[pauses.Pause]:
    """Return the active pauses; remove expired files and report invalid ones."""
    texts = {}
    # Files whose names begin with a dot are being written.
    for path in DIRECTORY.glob("[!.]*") if DIRECTORY.is_dir() else []:
        # Reading a pipe would block until something writes to it.
        if path.exists() and not path.is_file():
            say(f"{path} is ignored: it is not a file")
            continue
        try:
            texts[path.name] = path.read_text(encoding="utf-8", errors="replace")
        except FileNotFoundError:
            continue
        except OSError as error:
            say(f"{path} is ignored: {error}")
    found, expired, broken = pauses.sort(texts, now)
    for line in broken:
        say(f"{DIRECTORY}/{line}")
    for name in expired:
        say(f"a pause has expired: {name.removesuffix('.json')}")
        try:
            (DIRECTORY / name).unlink(missing_ok=True)
        except OSError as error:
            say(f"{DIRECTORY / name} was not removed: {error}")
    return found


def add(pause: pauses.Pause) -> None:
    """Write a pause, which replaces the owner's last one for the same service."""
    try:
        DIRECTORY.mkdir(mode=0o700, parents=True, exist_ok=True)
        path = DIRECTORY / pauses.file_name(pause.owner, pause.service)
        new = path.with_name(f".{path.name}")
        new.write_text(pauses.write(pause), encoding="utf-8")
        os.replace(new, path)
    except OSError as error:
        raise WatchError(f"the pause was not written: {error}") from error


def remove(pause: pauses.Pause) -> None:
    """Remove the file that a pause was read from; it may have any name.

    Raises:
        WatchError: It is still there.
    """
    try:
        (DIRECTORY / pause.file).unlink(missing_ok=True)
    except OSError as error:
        raise WatchError(f"the pause was not removed: {error}") from error
