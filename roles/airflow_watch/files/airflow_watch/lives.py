"""Counts how often services end just after their start. Docker starts most of them again, without a word."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable

    from .services import Container

# Seconds that a service has to live for its start to count as a success.
LIVED = 60
# Ends in a row that are a failure.
ENDS = 3
# While one of these is away, or has just come back, the others end again and again, through no fault of theirs.
BACKING = frozenset({"postgres", "redis"})
NOTE = "lives.json"
# What Docker says of a container that has not ended yet.
NEVER = "0001-"

# By service: ends in a row, the time of the last end, and how often Docker had restarted the container then.
Lives = dict[str, list[Any]]


def count(known: Any, containers: Iterable[Container], now: datetime) -> Lives:
    """Return what the next round has to know.

    Args:
        known: What the last round noted.
        containers: The containers of the stack.
        now: The time.
    """
    before: Lives = {
        service: life
        for service, life in (known if isinstance(known, dict) else {}).items()
        if isinstance(life, list) and list(map(type, life)) == [int, str, int]
    }
    containers = list(containers)
    steady = {one.service for one in containers if one.status == "running" and _lived(one, now) >= LIVED}
    # Those that this host has had count, also when their container was removed.
    waiting = bool(BACKING & {*before, *(one.service for one in containers)} - steady)
    return {
        one.service: [0, one.finished, one.restarts]
        if waiting and one.service not in BACKING
        else _life(before.get(one.service), one, now)
        for one in containers
    }


def _life(before: list[Any] | None, one: Container, now: datetime) -> list[Any]:
    """Return the life of a service."""
    ends, finished, restarts = before or [0, one.finished, one.restarts]
    if _lived(one, now) >= LIVED:
        ends = 0
    elif one.finished != finished and not one.finished.startswith(NEVER):
        ends += max(1, one.restarts - restarts)
    return [ends, one.finished, one.restarts]


def _lived(one: Container, now: datetime) -> float:
    """Return how many seconds a container has run, or did run before it ended."""
    started, ended = _time(one.started), _time(one.finished)
    # Whoever runs lives until now. The start of the life before is not known then.
    return ((now if one.status == "running" else max(started, ended)) - started).total_seconds()


def failures(lives: Lives, containers: Iterable[Container]) -> list[str]:
    """Return a line for each service that does not stay up."""
    lines = []
    for one in containers:
        if (ends := lives[one.service][0]) >= ENDS:
            code = "" if one.status == "running" else f", last with code {one.exit_code}"
            lines.append(
                f"{one.service} does not stay up: it ended {ends} times in a row within {LIVED} s of its start{code}: "
                f"docker logs {one.name}"
            )
    return lines


def _time(text: str) -> datetime:
    """Read a time of Docker's, to the second."""
    try:
        return datetime.fromisoformat(text[:19]).replace(tzinfo=UTC)
    except ValueError:
        return datetime.min.replace(tzinfo=UTC)
