"""Counts how often services exit soon after starting. Docker restarts most of them without a message."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from .services import Container

# Seconds that a service must run for its start to count as successful.
LIVED = 60
# Number of such exits in a row that is reported as a failure.
ENDS = 3
# While one of these is down or has just restarted, other services exit repeatedly without a fault of their own.
BACKING = frozenset({"postgres", "redis"})
NOTE = "lives.json"
# Start of Docker's timestamp for the exit of a container that has not exited yet.
NEVER = "0001-"

# Keyed by service: exits in a row, time of the last exit, Docker's number of restarts of the container at that time.
Lives = dict[str, list[Any]]


def count(known: Any, containers: Iterable[Container], now: datetime, paused: Collection[str] = ()) -> Lives:
    """Return the counts for the next round.

    Args:
        known: The note of the last round.
        containers: The containers of the stack.
        now: The time.
        paused: Services that are not counted: somebody stops and starts them.
    """
    before: Lives = {
        service: life
        for service, life in (known if isinstance(known, dict) else {}).items()
        if isinstance(life, list) and list(map(type, life)) == [int, str, int]
    }
    containers = list(containers)
    steady = {one.service for one in containers if _is_steady(one, now)}
    # Those that this host had before count even if their container was removed.
    waiting = bool(BACKING & {*before, *(one.service for one in containers)} - steady)
    return {
        one.service: [0, one.finished, one.restarts]
        if waiting and one.service not in BACKING
        else _life(before.get(one.service), one, now)
        for one in containers
        if one.service not in paused
    }


def _is_steady(one: Container, now: datetime) -> bool:
    """Return whether a container has worked for a while. A database that recovers runs, but does not answer."""
    return one.status == "running" and one.health in ("", "healthy") and _lived(one, now) >= LIVED


def _life(before: list[Any] | None, one: Container, now: datetime) -> list[Any]:
    """Return the updated entry of a service."""
    ends, finished, restarts = before or [0, one.finished, one.restarts]
    if _lived(one, now) >= LIVED:
        ends = 0
    elif one.finished != finished and not one.finished.startswith(NEVER):
        ends += max(1, one.restarts - restarts)
    return [ends, one.finished, one.restarts]


def _lived(one: Container, now: datetime) -> float:
    """Return for how many seconds a container has been running, or ran before it exited."""
    started, ended = _time(one.started), _time(one.finished)
    # A running container lives until now; when its previous life started is unknown.
    return ((now if one.status == "running" else max(started, ended)) - started).total_seconds()


def failures(lives: Lives, containers: Iterable[Container]) -> dict[str, str]:
    """Return a line for each service that does not stay up, by service."""
    lines = {}
    for one in containers:
        if (ends := lives[one.service][0]) >= ENDS:
            code = "" if one.status == "running" else f", last with code {one.exit_code}"
            lines[one.service] = (
                f"{one.service} does not stay up: it exited {ends} times in a row within {LIVED} s of its start{code}: "
                f"docker logs {one.name}"
            )
    return lines


def _time(text: str) -> datetime:
    """Parse a timestamp of Docker, to the second."""
    try:
        return datetime.fromisoformat(text[:19]).replace(tzinfo=UTC)
    except ValueError:
        return datetime.min.replace(tzinfo=UTC)
