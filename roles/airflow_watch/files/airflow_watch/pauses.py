"""Pauses of healing: who wants what left alone, why, and until when. A pause that nobody can read pauses nothing."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime, timedelta
from typing import NamedTuple
from urllib.parse import quote

UNITS = {"m": "minutes", "h": "hours", "d": "days"}
# A year. What is to stay down for longer should leave the stack's definition.
LONGEST = timedelta(days=365)


class Pause(NamedTuple):
    """A pause; without a service it is for all of them. ``file`` is the name of the file that it was read from."""

    owner: str
    reason: str
    expires: datetime
    service: str = ""
    file: str = ""

    def covers(self, service: str) -> bool:
        """Whether it is for a service."""
        return self.service in ("", service)

    def text(self) -> str:
        """Say who paused until when, for a person."""
        why = f" ({self.reason})" if self.reason else ""
        return f"paused by {self.owner}{why} until {self.expires.isoformat()}"


def duration(text: str) -> timedelta:
    """Read a duration such as 30m, 2h or 1d.

    Raises:
        ValueError: It is none, with what to write instead.
    """
    found = re.fullmatch(r"([0-9]{1,9})([mhd])", text)
    if not found or not int(found[1]):
        raise ValueError(f"--for {text!r} is no duration; write minutes, hours or days, such as 30m, 2h or 1d")
    if int(found[1]) > LONGEST // timedelta(**{UNITS[found[2]]: 1}):
        raise ValueError(
            f"--for {text} is more than {LONGEST.days}d; take the service out of the inventory's groups instead"
        )
    return timedelta(**{UNITS[found[2]]: int(found[1])})


def file_name(owner: str, service: str) -> str:
    """Return the name of a pause's file: an owner has one for each service, and one for all."""
    return f"{service or 'all'}@{quote(owner, safe='', errors='surrogateescape')}.json"


def write(pause: Pause) -> str:
    """Return the text of a pause's file."""
    content = {**pause._asdict(), "expires": pause.expires.isoformat()}
    del content["file"]
    return json.dumps(content, indent=2) + "\n"


def read(text: str) -> Pause:
    """Read the text of a pause's file.

    Raises:
        ValueError: It is not that of a pause, with the reason.
    """
    try:
        found = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise ValueError(f"it is no JSON: {error}") from error
    if problem := _problem(found):
        raise ValueError(problem)
    try:
        # Python 3.11 and newer read a Z as well.
        expires = datetime.fromisoformat(found["expires"])
    except ValueError as error:
        raise ValueError(f"'expires' is no time of ISO 8601: {found['expires']!r}") from error
    if expires.tzinfo is None:
        raise ValueError(f"'expires' has no time zone; write UTC as in {found['expires']}+00:00")
    try:
        return Pause(found["owner"], found.get("reason", ""), expires.astimezone(UTC), found.get("service", ""))
    except OverflowError as error:
        raise ValueError(f"'expires' is after all that a computer can count: {found['expires']}") from error


def _problem(found: object) -> str:
    """Return what is wrong with the content of a pause's file, but for the time."""
    if not isinstance(found, dict):
        return "it holds no JSON object"
    for key in ("owner", "expires"):
        if not isinstance(found.get(key), str) or not found[key]:
            return f"{key!r} is missing, or no text"
    for key in ("reason", "service"):
        if not isinstance(found.get(key, ""), str):
            return f"{key!r} is no text"
    return ""


def sort(texts: dict[str, str], now: datetime) -> tuple[list[Pause], list[str], list[str]]:
    """Judge the files of the directory of pauses.

    Args:
        texts: Content by file name.
        now: The time.

    Returns:
        The pauses that count, the names of files that have expired, and a line for each file that is no pause.
    """
    pauses, expired, broken = [], [], []
    for name, text in sorted(texts.items()):
        try:
            pause = read(text)
        except ValueError as error:
            broken.append(f"{name} pauses nothing: {error}")
            continue
        # No pause is for ever, whoever wrote the file.
        if pause.expires > now + LONGEST:
            broken.append(f"{name} pauses nothing: it would expire in more than {LONGEST.days} days")
        elif pause.expires <= now:
            expired.append(name)
        else:
            pauses.append(pause._replace(file=name))
    return pauses, expired, broken
