"""Decides when a fault is reported as failed and as recovered, once each. Pure functions.

- A fault is reported when it has lasted for its `after` seconds.
- A reported fault has recovered when it has been absent for `QUIET` seconds. If it comes back before that, it never
  ended, and nothing is reported. Each further report of the same fault within a day doubles that time, up to
  `QUIETEST`: what fails and recovers all the time is reported less and less often.
- A fault that ends before it is reported is forgotten after `FORGET` seconds.
- While a check fails, nobody knows whether the faults that it found earlier are still present. Their alerts do not
  change.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from .faults import Fault

# Seconds; see above.
QUIET, QUIETEST, FORGET, DAY = 300, 4 * 3600, 120, 86400
FAILED, RECOVERED = "failed", "recovered"


class Alert(NamedTuple):
    """A fault since it was first seen; the times are in seconds since the epoch.

    ``reported`` is true once it was reported as failed. ``earlier`` are the times of reports in the last day.
    ``check`` is the name of the check that found the fault.
    """

    what: str
    text: str
    since: float
    seen: float
    reported: bool = False
    earlier: tuple[float, ...] = ()
    check: str = ""


class Event(NamedTuple):
    """Something to report: the alert with key ``what`` has failed or recovered."""

    what: str
    state: str
    text: str
    since: float
    time: float


def update(
    alerts: Iterable[Alert], faults: Iterable[Fault], now: float, unknown: Collection[str] = ()
) -> tuple[list[Alert], list[Event]]:
    """Return the alerts after the checks of the host, and what to report.

    Args:
        alerts: The alerts before the checks.
        faults: The faults that the checks found.
        now: Seconds since the epoch.
        unknown: Names of the checks that could not find their faults.
    """
    there = {fault.what: fault for fault in faults}
    # The clock may have been set back; a time in the future would keep an alert for that long.
    known = {alert.what: alert._replace(since=min(alert.since, now), seen=min(alert.seen, now)) for alert in alerts}
    after: list[Alert] = []
    events: list[Event] = []
    for what in sorted({*there, *known}):
        before, fault = known.get(what), there.get(what)
        if before and not fault and before.check in unknown and before.seen >= 0:
            after.append(before._replace(seen=now))
            continue
        alert, state = _seen(before, fault, now) if fault else _absent(known[what], now)
        if state:
            text = alert.text if alert else known[what].text
            events.append(Event(what, state, text, (alert or known[what]).since, now))
        after += [alert] if alert else []
    return after, events


def _seen(before: Alert | None, fault: Fault, now: float) -> tuple[Alert, str]:
    """Return the alert of a fault that is present, and the state to report."""
    earlier = tuple(when for when in before.earlier if now - when < DAY) if before else ()
    # An alert that only remembers earlier reports begins anew.
    since = before.since if before and before.seen >= 0 else now
    alert = Alert(fault.what, fault.text, since, now, before.reported if before else False, earlier, fault.check)
    if alert.reported or now - since < fault.after:
        return alert, ""
    return alert._replace(reported=True, earlier=(*earlier, now)), FAILED


def _absent(alert: Alert, now: float) -> tuple[Alert | None, str]:
    """Return what is left of an alert whose fault is absent, and the state to report."""
    if alert.reported:
        if now - alert.seen < quiet(alert):
            return alert, ""
        return alert._replace(reported=False, seen=-1), RECOVERED
    if alert.seen >= 0 and now - alert.seen < FORGET:
        return alert, ""
    # Its reports count for a day.
    recent = tuple(when for when in alert.earlier if now - when < DAY)
    return (alert._replace(seen=-1, earlier=recent), "") if recent else (None, "")


def quiet(alert: Alert) -> int:
    """Return for how many seconds a reported fault must be absent until it has recovered."""
    return int(min(QUIET * 2 ** max(0, min(len(alert.earlier), 20) - 1), QUIETEST))


def active(alerts: Iterable[Alert]) -> list[Alert]:
    """Return the alerts whose fault is present, or was a short time ago."""
    return [alert for alert in alerts if alert.seen >= 0]


def read(found: Any) -> list[Alert]:
    """Return alerts from their record; entries that are damaged are left out."""
    alerts = []
    for entry in found if isinstance(found, list) else []:
        try:
            what, text, since, seen, reported, earlier, check = entry
            times = tuple(float(when) for when in (since, seen, *earlier))
            if all(map(math.isfinite, times)):
                alerts.append(Alert(str(what), str(text), times[0], times[1], bool(reported), times[2:], str(check)))
        except (TypeError, ValueError, OverflowError):
            continue
    return alerts
