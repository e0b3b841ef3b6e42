"""Judges what the host reports, and returns the faults that people must hear of. checks.py reads the host."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

DAY = 86400
# Seconds after which rounds count as missing: a round may take 15 minutes.
ROUND_SECONDS = 1200
# Days before the end of a certificate. site.yml renews the stack's own ones a year before.
CERTIFICATE_DAYS = 30
# Seconds that a check or drill may take after its timer has fired.
DRILL_SECONDS = DAY
# Seconds that a failed unit stays before it is reported: airflow-watch or systemd may start it again.
UNIT_SECONDS = 120
# The same for rounds: at boot, and after a playbook that stopped them, the first one is about to end.
MISSING_SECONDS = 300
# Their failures are reported by other faults: those of the rounds and of the backups, and by `airflow-watch status`.
OTHER_UNITS = frozenset(
    {"airflow-watch.service", "airflow-watch-alert.service", "airflow-backup.service", "airflow-backup-drill.service"}
)
# Steps of a round, by the name of their function, and the faults that they report.
STEPS = {
    "keep_strangers_out": "firewall",
    "read_settings": "settings",
    "restore": "docker_rules",
    "start_services": "services",
    "keep_reserve": "reserve_file",
    "stop_leftovers": "orphans",
}


# The fault that rounds are missing: nobody knows then what a round would have found.
NO_ROUNDS = "rounds"


class Fault(NamedTuple):
    """Something that is wrong on the host.

    ``what`` is a stable key, ``text`` one sentence for people, ``after`` the seconds for which the fault must last
    before it is reported, ``check`` the name of the check that found it.
    """

    what: str
    text: str
    after: int = 0
    check: str = ""


def of_round(note: Any, services: Iterable[str], now: float, up: float, after: int) -> list[Fault]:
    """Return what fails in the rounds of airflow-watch, or that there are none.

    Args:
        note: The note of the last round, see rounds.py; None without one.
        services: The services of this host.
        now: Seconds since the epoch.
        up: Seconds since the host's start.
        after: Seconds for which a step must fail before it is reported.
    """
    try:
        finished, failures = float(note["finished"]), [(str(step), str(text)) for step, text in note["failures"]]
    except (TypeError, KeyError, ValueError):
        finished, failures = now - up, []
    if now - finished > ROUND_SECONDS:
        text = f"no round of airflow-watch has ended for {(now - finished) / 60:.0f} minutes"
        return [
            Fault(NO_ROUNDS, f"{text}, so nothing is healed: systemctl status airflow-watch.timer", MISSING_SECONDS)
        ]
    known, found = set(services), {}
    for step, text in failures:
        what = STEPS.get(step, step or "services")
        word = text.split(" ")[0].rstrip(":")
        if what == "services" and word in known:
            what = f"service:{word}"
        # Of several lines on the same subject, the last one says what came of it.
        found[what] = text
    return [Fault(what, text, after) for what, text in found.items()]


def of_units(states: Mapping[str, str], wanted: Iterable[str]) -> list[Fault]:
    """Return which units have failed, and which timers do not run.

    Args:
        states: State by unit, for failed units and for the units in ``wanted``.
        wanted: Timers that must be active.
    """
    faults = [
        Fault(f"unit:{unit}", f"{unit} has failed: systemctl status {unit}", UNIT_SECONDS)
        for unit, state in sorted(states.items())
        if state == "failed" and unit not in OTHER_UNITS
    ]
    return faults + [
        Fault(f"unit:{unit}", f"{unit} is {state}: systemctl enable --now {unit}", UNIT_SECONDS)
        for unit in wanted
        if (state := states.get(unit, "missing")) not in ("active", "failed")
    ]


def of_backups(
    record: Any, settings: Mapping[str, Any], fired: float, failed: Sequence[str], now: float
) -> list[Fault]:
    """Return which backups, checks and drills have failed or are overdue.

    Args:
        record: The record of airflow-backup; None without one.
        settings: ``interval``, the seconds between two backups; ``since``, when backups were set up, in seconds since
            the epoch; and ``drills``, whether this host checks or restores a backup every week.
        fired: When the timer of the drill last fired, in seconds since the epoch; 0 if it never did.
        failed: Failed units.
        now: Seconds since the epoch.
    """
    found = record if isinstance(record, dict) else {}
    texts = {f"backup:{kind}": f"the last {kind} failed: {text}" for kind, text in _dict(found, "failures").items()}
    for unit, what, word in (
        ("airflow-backup.service", "backup:backup", "backup"),
        ("airflow-backup-drill.service", "backup:drill", "drill"),
    ):
        # A program that does not even start records nothing.
        if unit in failed and not (word == "drill" and "backup:check" in texts):
            texts.setdefault(what, f"the last {word} failed: journalctl -u {unit}")
    last = _finished(found, "backup")
    if now - (last or settings["since"]) > 2 * settings["interval"]:
        when = f"the last one ended {_date(last)}" if last else f"none was made since {_date(settings['since'])}"
        texts.setdefault("backup:backup", f"two scheduled backups are overdue; {when}: airflow-backup status")
    drilled = max(_finished(found, "check"), _finished(found, "drill"))
    if settings["drills"] and fired > drilled and now - fired > DRILL_SECONDS:
        texts.setdefault(
            "backup:drill", f"the check and restore drill of {_date(fired)} did not succeed: airflow-backup status"
        )
    return [Fault(what, text) for what, text in sorted(texts.items())]


def of_certificates(ends: Mapping[str, float | str], now: float) -> list[Fault]:
    """Return which certificates end soon.

    Args:
        ends: By file, when the certificate ends, in seconds since the epoch, or why that is not known.
        now: Seconds since the epoch.
    """
    faults = []
    for path, end in sorted(ends.items()):
        what = f"certificate:{path}"
        if isinstance(end, str):
            faults.append(Fault(what, f"the certificate in {path} cannot be read: {end}; run site.yml"))
        elif end - now < CERTIFICATE_DAYS * DAY:
            verb = "has expired on" if end <= now else "expires on"
            advice = "run site.yml, which renews the stack's own; a CA from the inventory is renewed there"
            faults.append(Fault(what, f"the certificate in {path} {verb} {_date(end)}: {advice}"))
    return faults


def _dict(found: Mapping[str, Any], key: str) -> dict[str, Any]:
    value = found.get(key)
    return value if isinstance(value, dict) else {}


def _finished(found: Mapping[str, Any], kind: str) -> float:
    """Return when the last success was, in seconds since the epoch; 0 without one."""
    value = _dict(found, kind).get("finished")
    return float(value) if isinstance(value, (int, float)) else 0.0


def _date(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%d %H:%M UTC")
