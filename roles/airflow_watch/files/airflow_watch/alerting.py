"""Checks the host, records alerts, and calls the alert command or URL: once a minute, apart from the rounds."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from . import alerts, calls, checks, delivery, kept
from .commands import WatchError
from .faults import NO_ROUNDS, Fault

if TYPE_CHECKING:
    from collections.abc import Callable

    from .host import Host

RECORD = "alerts.json"
# The line that stands for no alert.
NONE = "no alert is active"
# Seconds after which a check begins no further call.
CALLS_SECONDS = 150
# Seconds for which heartbeats must fail before that is an alert.
HEARTBEAT_SECONDS = 900
# Seconds after which the status shows that a fault is absent: two checks.
ABSENT_SECONDS = 150
# These say that nothing is healed, so that the heartbeat must stop.
SILENT = frozenset({NO_ROUNDS, f"{checks.FAILED_CHECK}rounds"})


class Alerting:
    """One check of the host, and what it reports."""

    def __init__(self, host: Host, say: Callable[[str], None]) -> None:
        """Store the host and the function that prints a line, and read the record of the last check."""
        self.host, self.say = host, say
        found = kept.read(RECORD)
        record: dict[str, Any] = found if isinstance(found, dict) else {}
        self.alerts, self.calls = alerts.read(record.get("alerts")), calls.read(record.get("calls"))
        self.beat_error = str(record.get("beat_error", ""))
        self.failures: list[str] = []

    def run(self) -> bool:
        """Check the host and report; return whether everything was delivered."""
        # Only what is recorded is reported, so that nothing is reported twice.
        self.check(time.time())
        self.save()
        try:
            to = target(self.host)
        except WatchError as error:
            # The calls wait.
            self.fail(str(error))
            return False
        if to.set:
            self.deliver(to)
        else:
            self.hold_back()
        if to.heartbeat:
            self.beat(to)
        elif self.beat_error:
            self.beat_error = ""
            self.save()
        return not self.failures

    def check(self, now: float) -> None:
        """Update the alerts, and queue a call for each event."""
        reported = [alert.what for alert in self.alerts if alert.reported]
        found = checks.Checks(self.host, reported).faults()
        if self.beat_error:
            found.append(Fault("heartbeat", f"the heartbeat is not received: {self.beat_error}", HEARTBEAT_SECONDS))
        self.alerts, events = alerts.update(self.alerts, found, now, checks.unknown(found))
        for event in events:
            self.say(f"ALERT {event.state}: {event.what}: {event.text}")
        new = [calls.Call(calls.message(event, self.host.checks["host"], self.host.project)) for event in events]
        self.calls = calls.kept([*self.calls, *new], now)

    def deliver(self, to: delivery.Target) -> None:
        """Make the calls that are due."""
        until = time.monotonic() + CALLS_SECONDS
        for call in calls.due(self.calls, time.time()):
            if time.monotonic() > until:
                self.fail("further alerts have to wait for the next check: the alert command or URL is too slow")
                return
            now_begun = calls.begun(call, time.time())
            self.replace(call, [now_begun])
            self.save()
            try:
                delivery.deliver(to, call.message)
            except WatchError as error:
                failed = now_begun._replace(error=str(error))
                self.replace(now_begun, [failed])
                self.fail(failed.line())
            else:
                self.replace(now_begun, [])
            self.save()

    def hold_back(self) -> None:
        """Keep calls only of alerts that are still active: they are made once airflow_watch_alert is set."""
        active = {alert.what for alert in self.alerts if alert.reported}
        waiting = [
            call
            for call in self.calls
            if call.message.get("state") == alerts.FAILED and call.message.get("what") in active
        ]
        if waiting != self.calls:
            self.calls = waiting
            self.save()

    def beat(self, to: delivery.Target) -> None:
        """Send the heartbeat, unless rounds are missing or alerts do not arrive: then its absence is the alert."""
        missing = SILENT & {alert.what for alert in alerts.active(self.alerts)}
        if missing or any(call.error and not call.given_up for call in self.calls):
            return
        error = ""
        try:
            delivery.beat(to)
        except WatchError as wrong:
            error = str(wrong)
            self.fail(f"the heartbeat was not sent: {error}")
        if error != self.beat_error:
            self.beat_error = error
            self.save()

    def replace(self, call: calls.Call, new: list[calls.Call]) -> None:
        """Replace a call of the queue, which has a place for each message."""
        at = self.calls.index(call)
        self.calls[at : at + 1] = new

    def save(self) -> None:
        """Record alerts and calls, if they have changed.

        Raises:
            WatchError: They cannot be recorded.
        """
        record = {"alerts": self.alerts, "calls": self.calls, "beat_error": self.beat_error}
        if json.dumps(record) != json.dumps(kept.read(RECORD)):
            kept.write(RECORD, record)

    def fail(self, text: str) -> None:
        """Print what was not delivered."""
        self.failures.append(text)
        self.say(f"ERROR: {text}")

    def lines(self) -> list[str]:
        """Return the alerts and the calls that failed as text for people."""
        found, waiting = [], {call.message.get("what") for call in self.calls if not call.attempts}
        for one in alerts.active(self.alerts):
            notes = [] if one.reported and one.what not in waiting else ["not reported"]
            # It has recovered when it has been absent for long enough.
            notes += [f"absent since {calls.iso(one.seen)}"] if time.time() - one.seen > ABSENT_SECONDS else []
            note = f" ({', '.join(notes)})" if notes else ""
            found.append(f"alert: {one.what}: since {calls.iso(one.since)}: {one.text}{note}")
        return (found or [NONE]) + [call.line() for call in self.calls if call.attempts]


def target(host: Host) -> delivery.Target:
    """Return where alerts of a host go."""
    return delivery.target(Path(host.checks["target"]))


def test(host: Host, say: Callable[[str], None]) -> bool:
    """Send a message that something failed, and another that it recovered; return whether both arrived.

    Raises:
        WatchError: Alerts go nowhere.
    """
    to = target(host)
    if not to.set:
        raise WatchError("alerts go nowhere: set airflow_watch_alert to a command or a URL, and run site.yml")
    now = time.time()
    for state in (alerts.FAILED, alerts.RECOVERED):
        event = alerts.Event("test", state, "this is a test of airflow_watch_alert", now, time.time())
        delivery.deliver(to, calls.message(event, host.checks["host"], host.project), show=True)
        say(f"delivered: test {state}")
    if to.heartbeat:
        delivery.beat(to)
        say("delivered: heartbeat")
    return True
