"""Pauses of healing: their owner, reason, service and expiry. A pause that cannot be parsed has no effect."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime, timedelta
from typing import NamedTuple
from urllib.parse import quote

UNITS = {"m": "minutes", "h": "hours", "d": "days"}
# A year. A service that should stay down for longer should be removed from the stack.
LONGEST = timedelta(days=365)


class Pause(NamedTuple):
    """A pause of one service, or of all if ``service`` is empty. ``file`` is the name of the file it was read from."""

    owner: str
    reason: str
    expires: datetime
    service: str = ""
    file: str = ""

    def covers(self, service: str) -> bool:
        """Return whether the pause applies to a service."""
        return self.service in ("", service)

    def text(self) -> str:
        """Return the pause as text for people."""
        why = f" ({self.reason})" if self.reason else ""
        return f"paused by {self.owner}{why} until {self.expires.isoformat()}"


def duration(text: str) -> timedelta:
    """Read a duration such as 30m, 2h or 1d.

    Raises:
        ValueError: The text is not a duration; the message says what to write instead.
    """
    found = re.fullmatch(r"([0-9]{1,9})([mhd])", text)
    if not found or not int(found[1]):
        raise ValueError(f"--for {text!r} is not a duration; write minutes, hours or days, such as 30m, 2h or 1d")
    if int(found[1]) > LONGEST // timedelta(**{UNITS[found[2]]: 1}):
        raise ValueError(
            f"--for {text} is more than {LONGEST.days}d; take the service out of the inventory's groups instead"
        )
    return timedelta(**{UNITS[found[2]]: int(found[1])})


def file_name(owner: str, service: str) -> str:
    """Return the file name of a pause: an owner has one for each service, and one for all services."""
    return f"{service or 'all'}@{quote(owner, safe='', errors='surrogateescape')}.json"


def write(pause: Pause) -> str:
    """Return the text of a pause's file."""
    content = {**pause._asdict(), "expires": pause.expires.isoformat()}
    del content["file"]
    return json.dumps(content, indent=2) + "\n"


def read(text: str) -> Pause:
    """Read the text of a pause's file.

    Raises:
        ValueError: The text is not a valid pause; the message says why.
    """
    try:
        found = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise ValueError(f"it is not JSON: {error}") from error
    if problem := _problem(found):
        raise ValueError(problem)
    try:
        # Python 3.11 and newer also accept a Z.
        expires = datetime.fromisoformat(found["expires"])
    except ValueError as error:
        raise ValueError(f"'expires' is not an ISO 8601 time: {found['expires']!r}") from error
    if expires.tzinfo is None:
        raise ValueError(f"'expires' has no time zone; write UTC as in {found['expires']}+00:00")
    try:
        return Pause(found["owner"], found.get("reason", ""), expires.astimezone(UTC), found.get("service", ""))
    except OverflowError as error:
        raise ValueError(f"'expires' is out of range: {found['expires']}") from error


def _problem(found: object) -> str:
    """Return what is wrong with the content of a pause's file, apart from the time."""
    if not isinstance(found, dict):
        return "it is not a JSON object"
    for key in ("owner", "expires"):
        if not isinstance(found.get(key), str) or not found[key]:
            return f"{key!r} is missing or not a string"
    for key in ("reason", "service"):
        if not isinstance(found.get(key, ""), str):
            return f"{key!r} is not a string"
    return ""


def sort(texts: dict[str, str], now: datetime) -> tuple[list[Pause], list[str], list[str]]:
    """Sort the files of the pauses directory into active, expired and invalid ones.

    Args:
        texts: Content by file name.
        now: The time.

    Returns:
        The active pauses, the names of expired files, and a message for each invalid file.
    """
    pauses, expired, broken = [], [], []
    for name, text in sorted(texts.items()):
        try:
            pause = read(text)
        except ValueError as error:
            broken.append(f"{name} is ignored: {error}")
            continue
        # Every pause must end, whoever wrote the file.
        if pause.expires > now + LONGEST:
            broken.append(f"{name} is ignored: it expires in more than {LONGEST.days} days")
        elif pause.expires <= now:
            expired.append(name)
        else:
            pauses.append(pause._replace(file=name))
    return pauses, expired, broken
