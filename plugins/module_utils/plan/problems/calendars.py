"""Check of calendar expressions of systemd, as systemd.time(7) describes them.

The controller may lack systemd, so the parts are compared with their grammar. An expression that systemd refuses would
otherwise fail only when the timer starts, after backups were already set up.
"""

from __future__ import annotations

import re
from typing import Any

from ansible_collections.ansible_airflow.airflow.plugins.module_utils.findings.finding import Finding

SHORTHANDS = re.compile(r"(minute|hour|dai|month|week|year|annual|quarter|semi-?annual)ly")
_DAY = r"(mon(day)?|tue(s(day)?)?|wed(nesday)?|thu(r(s(day)?)?)?|fri(day)?|sat(urday)?|sun(day)?)"
DAYS = re.compile(rf"{_DAY}((\.\.|-|,){_DAY})*,?")
ZONE = re.compile(r"[a-z][a-z0-9_+-]*(/[a-z0-9_+-]+)*")
# A component is a list of values, ranges and repetitions.
_STEP = r"(\*|[0-9]+(\.[0-9]+)?(\.\.[0-9]+(\.[0-9]+)?)?)(/[0-9]+(\.[0-9]+)?)?"
COMPONENT = re.compile(rf"{_STEP}(,{_STEP})*")
# The lowest and highest value of each component, from the right: days, months, years; and hours, minutes, seconds.
DATES, TIMES = ((1, 31), (1, 12), (1970, 2199)), ((0, 23), (0, 59), (0, 59))
SHORT_YEAR = 100


def calendar(place: str, value: Any) -> list[Finding]:
    """Judge a calendar expression.

    Args:
        place: The variable.
        value: Its value.
    """
    if is_calendar(str(value)):
        return []
    text = f"{value!r} is not a calendar expression of systemd; write one, such as Sun *-*-* 05:00:00 UTC."
    return [Finding("calendar-invalid", place, text)]


def is_calendar(text: str) -> bool:
    """Return whether a string is a calendar expression: weekdays, date, time and time zone, each of them optional."""
    words = re.sub(r",\s+(?=[a-z])", ",", text.lower()).split()
    if words and SHORTHANDS.fullmatch(words[0]):
        return len(words) == 1 or (len(words) == 2 and bool(ZONE.fullmatch(words[1])))
    found = 0
    for is_part in (DAYS.fullmatch, _is_date, _is_time):
        if words and is_part(words[0]):
            words, found = words[1:], found + 1
    return found > 0 and (not words or (len(words) == 1 and bool(ZONE.fullmatch(words[0]))))


def _is_date(word: str) -> bool:
    """Return whether a word is a date: year, month and day, or the latter two; ~ counts days from the month's end."""
    parts = re.split(r"[-~]", word)
    return 2 <= len(parts) <= 3 and all(map(_within, reversed(parts), DATES[: len(parts)]))


def _is_time(word: str) -> bool:
    """Return whether a word is a time: hours and minutes, and perhaps seconds."""
    parts = word.split(":")
    return 2 <= len(parts) <= 3 and all(map(_within, parts, TIMES))


def _within(component: str, limits: tuple[int, int]) -> bool:
    """Return whether a component has the right form, and its values are within limits. A step may be any number."""
    if not COMPONENT.fullmatch(component):
        return False
    values = re.findall(r"[0-9]+(?:\.[0-9]+)?", re.sub(r"/[0-9.]+", "", component).replace("..", " "))
    years = limits[0] > SHORT_YEAR
    return all(limits[0] <= float(each) < limits[1] + 1 or (years and len(each) == 2) for each in values)
