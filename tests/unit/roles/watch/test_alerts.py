"""When a fault is reported as failed and as recovered: once each, however it comes and goes."""

from __future__ import annotations

import pytest
from airflow_watch import alerts
from airflow_watch.alerts import Alert, update
from airflow_watch.faults import Fault

MINUTE = 60.0
START = 1_800_000_000.0


class Watched:
    """Alerts that are updated once a minute."""

    def __init__(self, after: int = 0) -> None:
        self.now, self.after = START, after
        self.alerts: list[Alert] = []
        self.events: list[tuple[str, str, int]] = []

    def minutes(self, count: int, *present: str) -> list[tuple[str, str, int]]:
        """Let minutes pass while some faults are present, and return the events with their minute since the start."""
        new = []
        for _ in range(count):
            faults = [Fault(what, f"{what} is broken", self.after) for what in present]
            self.alerts, events = update(self.alerts, faults, self.now)
            # What is recorded is what counts.
            assert alerts.read([list(alert) for alert in self.alerts]) == self.alerts
            new += [(event.what, event.state, round((self.now - START) / MINUTE)) for event in events]
            self.now += MINUTE
        self.events += new
        return new


def test_a_fault_is_reported_once_and_its_end_once() -> None:
    watched = Watched()
    assert watched.minutes(60, "disk") == [("disk", "failed", 0)]
    assert watched.minutes(60) == [("disk", "recovered", 64)]
    assert watched.minutes(1000) == []


def test_a_fault_must_last() -> None:
    watched = Watched(after=300)
    assert watched.minutes(5, "service:worker") == []
    assert watched.minutes(1, "service:worker") == [("service:worker", "failed", 5)]


def test_a_single_bad_round_is_no_fault_however_often_it_happens() -> None:
    watched = Watched(after=300)
    for _ in range(100):
        assert watched.minutes(1, "service:worker") == []
        assert watched.minutes(3) == []
    assert alerts.active(watched.alerts) == []


def test_a_fault_that_is_only_absent_for_a_moment_counts_as_lasting() -> None:
    watched = Watched(after=300)
    for _ in range(2):
        watched.minutes(2, "service:worker")
        watched.minutes(1)
    assert watched.events == []
    assert watched.minutes(1, "service:worker") == [("service:worker", "failed", 6)]


def test_faults_are_independent() -> None:
    watched = Watched()
    watched.minutes(3, "disk")
    assert watched.minutes(3, "disk", "firewall") == [("firewall", "failed", 3)]
    assert watched.minutes(10, "firewall") == [("disk", "recovered", 10)]


def test_a_changed_text_is_no_new_fault() -> None:
    found, events = update([], [Fault("disk", "90 MiB free")], START)
    assert [event.text for event in events] == ["90 MiB free"]
    found, events = update(found, [Fault("disk", "80 MiB free")], START + 60)
    assert (found[0].text, events) == ("80 MiB free", [])


@pytest.mark.parametrize("period", [2, 4, 6, 10, 30, 120])
def test_what_comes_and_goes_is_reported_less_and_less(period: int) -> None:
    watched = Watched()
    for _ in range(1440 // (2 * period)):
        watched.minutes(period, "disk")
        watched.minutes(period)
    failed = [minute for _, state, minute in watched.events if state == "failed"]
    # Each pair of failed and recovered is of the same fault, in turn.
    assert [state for _, state, _ in watched.events] == (["failed", "recovered"] * 99)[: len(watched.events)]
    assert len(failed) <= 6
    assert (len(failed) == 1) is (period <= 4)


def test_a_day_without_the_fault_ends_the_damping() -> None:
    watched = Watched()
    for _ in range(4):
        watched.minutes(1, "disk")
        watched.minutes(250)
    watched.minutes(1440)
    assert watched.alerts == []
    start = round((watched.now - START) / MINUTE)
    watched.minutes(1, "disk")
    assert watched.minutes(20) == [("disk", "recovered", start + 5)]


def test_a_clock_that_was_set_back_holds_nothing_back() -> None:
    found, _ = update([], [Fault("disk", "x")], START + 10 * 86400)
    events: list[alerts.Event] = []
    for minute in range(10):
        found, new = update(found, [], START + minute * MINUTE)
        events += new
    assert [event.state for event in events] == ["recovered"]


@pytest.mark.parametrize("record", [None, {}, "x", [1], [["a"]], [["a", "b", "c", 1, 2, 3, 4]], [[None] * 7]])
def test_a_damaged_record_is_empty(record: object) -> None:
    assert alerts.read(record) == []


def test_a_check_that_fails_ends_no_fault_and_begins_none() -> None:
    known, _ = update([], [Fault("disk", "x", check="disks"), Fault("late", "x", 3600, "disks")], START)
    events: list[alerts.Event] = []
    for minute in range(1, 60):
        known, new = update(known, [Fault("other", "x", check="units")], START + minute * MINUTE, {"disks"})
        events += new
    assert [event.what for event in events] == ["other"]
    assert [alert.what for alert in alerts.active(known)] == ["disk", "late", "other"]
    # The check works again: one fault is over since then, and the other has lasted long enough.
    for minute in range(60, 70):
        known, new = update(known, [Fault("late", "x", 3600, "disks")], START + minute * MINUTE)
        events += new
    assert [(event.what, event.state) for event in events[1:]] == [
        ("late", "failed"),
        ("disk", "recovered"),
        ("other", "recovered"),
    ]
