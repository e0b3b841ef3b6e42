"""When a service may be restarted: its policy, which site.yml writes, applied to what happened to it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from .commands import WatchError

if TYPE_CHECKING:
    from collections.abc import Collection

    from .evidence import Evidence

HOUR = 3600.0
# Seconds until a failed start is tried again, doubled with each failure up to a limit: a private address may appear a
# minute after Docker has started.
START_SECONDS, LONGEST_START = 20.0, 300.0
# Failed starts in a row after which a unit reports them.
STARTS = 3
# Kinds of evidence that say the same whether or not the needed servers work.
INDEPENDENT = ("socket",)
# Why a restart does not help, by kind of evidence.
HOPELESS = {
    "recovering": "it is starting or recovering, and would begin anew",
    "refused": "a restart changes no password and no permission",
    "disk": "it cannot write; free space on its disk",
    "slow": "the machine is too busy to run its health check",
    "unknown": "its health check cannot be run",
}


class Policy(NamedTuple):
    """The policy of a service: the filter airflow_plan explains the fields. All times are in seconds."""

    needs: tuple[str, ...] = ()
    after: dict[str, float] = {}  # noqa: RUF012 - never changed
    recovery: float = 0
    backoff: float = 0
    hourly: int = 0


class Record(NamedTuple):
    """What happened to a service. Times are seconds since boot.

    ``kind`` is the reason for which its check fails, since the round at ``since``. ``away`` is the last round without a
    server that it needs, -1 if there was none. ``restarts`` are the times of its restarts. ``failed`` counts failed
    starts in a row, of which the last one was at ``tried``, for the reason ``why``.
    """

    kind: str = ""
    since: float = 0
    away: float = -1
    restarts: tuple[float, ...] = ()
    failed: int = 0
    tried: float = 0
    why: str = ""


class Verdict(NamedTuple):
    """Whether to restart a service; the line for people; whether the line is a failure; whether the budget is spent."""

    restart: bool
    line: str
    failure: bool = False
    gave_up: bool = False


def read(found: Any) -> dict[str, Policy]:
    """Return the policies by service.

    Raises:
        WatchError: They cannot be read.
    """
    try:
        return {
            name: Policy(
                tuple(map(str, words["needs"])),
                {str(kind): float(seconds) for kind, seconds in words["after"].items()},
                float(words["recovery"]),
                float(words["backoff"]),
                int(words["hourly"]),
            )
            for name, words in found.items()
        }
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise WatchError(f"the services' policies are broken; run site.yml, which writes them: {error!r}") from error


def observe(record: Record, kind: str, now: float, *, away: bool) -> Record:
    """Return the record of a service after a look at it.

    Args:
        record: The record of the last round.
        kind: Why its check fails; empty if it does not.
        now: Seconds since boot.
        away: Whether a server that the service needs is away.
    """
    return record._replace(
        kind=kind,
        since=record.since if kind == record.kind else now,
        away=now if away else record.away,
        restarts=tuple(at for at in record.restarts if now - HOUR < at <= now),
    )


def may_restart_at(record: Record, policy: Policy) -> float:
    """Return the time from which back-off and budget allow a restart."""
    if not (number := len(record.restarts)):
        return 0
    if number >= policy.hourly:
        return record.restarts[-policy.hourly] + HOUR if policy.hourly else float("inf")
    return float(record.restarts[-1] + policy.backoff * 2 ** (number - 1))


def spent(record: Record, policy: Policy) -> bool:
    """Return whether the restarts of an hour are used up."""
    return len(record.restarts) >= max(policy.hourly, 1)


def judge(service: str, evidence: Evidence, record: Record, policy: Policy, now: float) -> Verdict:
    """Decide about a service that fails its health check while all that it needs answers.

    Args:
        service: Name of the service.
        evidence: Why its check fails.
        record: What happened to it, with this round.
        policy: Its policy.
        now: Seconds since boot.
    """
    if evidence.kind not in policy.after:
        why = HOPELESS.get(evidence.kind, "its policy names no such reason")
        recovers = evidence.kind == "recovering"
        return Verdict(False, f"{service} is not restarted: {why} ({evidence.text})", failure=not recovers)
    allowed = may_restart_at(record, policy)
    if spent(record, policy) and now < allowed:
        tried = f"{len(record.restarts)} restarts within an hour did not help"
        line = f"{service}: gave up for {allowed - now:.0f} s, because {tried}: {evidence.text}"
        return Verdict(False, line, failure=True, gave_up=True)
    at = max(allowed, record.since + policy.after[evidence.kind])
    if record.away >= 0 and evidence.kind not in INDEPENDENT:
        at = max(at, record.away + policy.recovery)
    if now < at:
        return Verdict(False, f"{service} is restarted in {at - now:.0f} s unless it recovers: {evidence.text}")
    return Verdict(True, f"restarting {service}, whose health check said: {evidence.text}")


def started(record: Record, reason: str, now: float) -> Record:
    """Return the record of a service after a start, which failed if there is a reason."""
    if not reason:
        return record._replace(failed=0, why="")
    return record._replace(failed=record.failed + 1, tried=now, why=" ".join(reason.split()))


def start_again_at(record: Record) -> float:
    """Return the time from which a service whose start failed may be started again."""
    if not record.failed:
        return 0
    return record.tried + min(START_SECONDS * 2 ** min(record.failed - 1, 10), LONGEST_START)


def waiting_for(policy: Policy, evidence: Evidence, away: Collection[str]) -> str:
    """Return the server that a service waits for; empty if it waits for none.

    Args:
        policy: Its policy.
        evidence: Why its check fails.
        away: Servers on this host that do not work.
    """
    if evidence.kind in INDEPENDENT:
        return ""
    return evidence.server or next((name for name in policy.needs if name in away), "")
