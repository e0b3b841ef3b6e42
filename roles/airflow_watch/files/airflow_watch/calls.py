"""The queue of calls to the alert command or URL: which are due, and when a failed call is tried again."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, NamedTuple

from .alerts import FAILED

if TYPE_CHECKING:
    from collections.abc import Iterable

    from .alerts import Event

# Seconds after each failed attempt until the next one. After the last, the call is given up.
PAUSES = (60, 300, 900, 3600, 4 * 3600, 12 * 3600)
ATTEMPTS = len(PAUSES) + 1
# Seconds for which a call that was given up is shown.
SHOWN = 7 * 86400
# At most this many calls wait; beyond that, the oldest ones are given up.
LONGEST = 200


class Call(NamedTuple):
    """A call that has not succeeded yet.

    ``message`` is what the command or URL gets. ``attempts`` counts attempts that have begun, ``due`` is when the next
    one may begin, in seconds since the epoch, and ``error`` says why the last one failed.
    """

    message: dict[str, str]
    attempts: int = 0
    due: float = 0
    error: str = ""

    @property
    def given_up(self) -> bool:
        """Whether there is no further attempt."""
        return self.attempts >= ATTEMPTS and bool(self.error)

    def line(self) -> str:
        """Return the call as text for people."""
        event = f"{self.message.get('what')} {self.message.get('state')}"
        if self.given_up:
            return f"alert not delivered after {self.attempts} attempts, given up: {event}: {self.error}"
        return (
            f"alert not delivered yet: {event}, {self.attempts} of {ATTEMPTS} attempts: {self.error or 'in progress'}"
        )


def message(event: Event, host: str, stack: str) -> dict[str, str]:
    """Return what the command or URL gets for an event.

    Args:
        event: The event.
        host: Inventory name of the host.
        stack: Name of the compose project.
    """
    state = event.state if event.state == FAILED else f"{event.state}, no longer true"
    return {
        "id": uuid.uuid4().hex,
        "host": host,
        "stack": stack,
        "what": event.what,
        "state": event.state,
        "since": iso(event.since),
        "time": iso(event.time),
        # A whole sentence, because many chats show only this field.
        "text": f"{stack} on {host}: {state}: {event.text}",
    }


def iso(seconds: float) -> str:
    """Return a time in seconds since the epoch as ISO 8601 in UTC."""
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="seconds")


def begun(call: Call, now: float) -> Call:
    """Return a call whose next attempt begins. Recorded before the attempt: a crash during it counts as a failure."""
    pause = PAUSES[min(call.attempts, len(PAUSES) - 1)]
    return call._replace(attempts=call.attempts + 1, due=now + pause, error="")


def due(calls: Iterable[Call], now: float) -> list[Call]:
    """Return the calls to attempt now, the oldest event first. A recovery waits until its failure is delivered."""
    found, waiting = [], set()
    for call in calls:
        if call.given_up:
            continue
        what = call.message.get("what", "")
        # The clock may have been set back.
        is_due = call.attempts < ATTEMPTS and (call.due <= now or call.due > now + PAUSES[-1])
        if is_due and what not in waiting:
            found.append(call)
        waiting.add(what)
    return found


def kept(calls: Iterable[Call], now: float) -> list[Call]:
    """Return the queue without calls that were given up long ago, and with at most `LONGEST` calls."""
    closed = [
        call._replace(error="airflow-watch ended during the attempt")
        if call.attempts >= ATTEMPTS and not call.error
        else call
        for call in calls
    ]
    return [call for call in closed if not (call.given_up and now > call.due + SHOWN)][-LONGEST:]


def read(found: Any) -> list[Call]:
    """Return calls from their record; entries that are damaged are left out."""
    calls = []
    for entry in found if isinstance(found, list) else []:
        try:
            given, attempts, when, error = entry
            text = {str(key): str(value) for key, value in given.items()}
            calls.append(Call(text, int(attempts), float(when), str(error)))
        except (TypeError, ValueError, AttributeError, OverflowError):
            continue
    return calls
