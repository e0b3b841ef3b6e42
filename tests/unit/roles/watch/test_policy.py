"""When a policy allows a restart."""

from __future__ import annotations

from typing import Any

import pytest
from airflow_watch.commands import WatchError
from airflow_watch.evidence import Evidence
from airflow_watch.policy import (
    HOPELESS,
    HOUR,
    Policy,
    Record,
    judge,
    may_restart_at,
    observe,
    read,
    start_again_at,
    waiting_for,
)

NOW = 10_000.0
POLICY = Policy(("postgres",), {"hangs": 30, "busy": 600, "socket": 30}, 180, 60, 3)
SINCE = Record("hangs", NOW - 30)


@pytest.mark.parametrize(
    ("record", "kind", "restart", "words"),
    [
        # Not before the reason has lasted.
        (SINCE, "hangs", True, "restarting worker, whose health check said: x"),
        (SINCE._replace(since=NOW - 29), "hangs", False, "worker is restarted in 1 s unless it recovers: x"),
        # A worker with running tasks gets longer.
        (SINCE, "busy", False, "worker is restarted in 570 s unless it recovers: x"),
        # The database came back: first the service may recover by itself.
        (SINCE._replace(away=NOW - 100), "hangs", False, "worker is restarted in 80 s"),
        (SINCE._replace(away=NOW - 180), "hangs", True, "restarting worker"),
        (SINCE._replace(away=NOW), "socket", True, "restarting worker"),
        # Back-off.
        (SINCE._replace(restarts=(NOW - 59,)), "hangs", False, "worker is restarted in 1 s"),
        (SINCE._replace(restarts=(NOW - 60,)), "hangs", True, "restarting worker"),
        (SINCE._replace(restarts=(NOW - 500, NOW - 119)), "hangs", False, "worker is restarted in 1 s"),
        (SINCE._replace(restarts=(NOW - 500, NOW - 120)), "hangs", True, "restarting worker"),
    ],
)
def test_evidence_recovery_and_back_off(record: Record, kind: str, restart: bool, words: str) -> None:
    verdict = judge("worker", Evidence(kind, "x"), record, POLICY, NOW)
    assert (verdict.restart, verdict.failure, verdict.gave_up) == (restart, False, False)
    assert verdict.line.startswith(words)


def test_after_the_hourly_budget_healing_gives_up_until_an_hour_has_passed() -> None:
    record = SINCE._replace(restarts=(NOW - 3000, NOW - 2000, NOW - 1000))
    verdict = judge("worker", Evidence("hangs", "x"), record, POLICY, NOW)
    assert (verdict.restart, verdict.failure, verdict.gave_up) == (False, True, True)
    assert verdict.line == "worker: gave up for 600 s, because 3 restarts within an hour did not help: x"
    later = NOW + 600
    record = observe(record, "hangs", later, away=False)
    assert record.restarts == (NOW - 2000, NOW - 1000)
    assert judge("worker", Evidence("hangs", "x"), record, POLICY, later).restart
    assert may_restart_at(Record(restarts=(NOW,)), Policy()) == float("inf")


@pytest.mark.parametrize("kind", [*HOPELESS, "away", "nonsense"])
def test_other_evidence_never_leads_to_a_restart(kind: str) -> None:
    verdict = judge("postgres", Evidence(kind, "x"), Record(kind, 0), POLICY, NOW)
    assert not verdict.restart
    assert verdict.line.startswith("postgres is not restarted: ")
    # A server that recovers needs nobody.
    assert verdict.failure is (kind != "recovering")


def test_a_reason_counts_from_its_first_round_and_time_without_the_database_does_not() -> None:
    record = observe(Record(), "away", 100, away=True)
    assert record == Record("away", 100, 100)
    record = observe(record, "away", 340, away=True)
    assert (record.since, record.away) == (100, 340)
    record = observe(record, "hangs", 370, away=False)
    assert (record.since, record.away) == (370, 340)
    # Restarts of the last hour; times after `now` are of an earlier boot.
    record = observe(record._replace(restarts=(50, 300, 9000)), "", 300 + HOUR - 1, away=False)
    assert record == Record("", 300 + HOUR - 1, 340, (300,))


@pytest.mark.parametrize(("failed", "wait"), [(0, -NOW), (1, 20), (2, 40), (4, 160), (5, 300), (99, 300)])
def test_a_failed_start_is_tried_again_later_and_later(failed: int, wait: float) -> None:
    assert start_again_at(Record(failed=failed, tried=NOW)) - NOW == wait


def test_a_service_waits_for_what_it_needs() -> None:
    assert waiting_for(POLICY, Evidence("hangs", "x"), {"postgres", "redis"}) == "postgres"
    assert waiting_for(POLICY, Evidence("hangs", "x"), {"redis"}) == ""
    # No server explains a stale socket.
    assert waiting_for(POLICY, Evidence("socket", "x"), {"postgres"}) == ""
    # A server on another host.
    assert waiting_for(POLICY, Evidence("away", "redis: x", "redis"), set()) == "redis"


WORDS: dict[str, Any] = {"needs": ["redis"], "after": {"hangs": 30}, "recovery": 180, "backoff": 60, "hourly": 4}


def test_policies_are_read_from_the_settings() -> None:
    assert read({"worker": WORDS}) == {"worker": Policy(("redis",), {"hangs": 30.0}, 180.0, 60.0, 4)}
    # Settings of an earlier release have none, so nothing is restarted until site.yml has written them.
    assert read({}) == {}


@pytest.mark.parametrize(
    "found", [[], {"worker": 3}, {"worker": {**WORDS, "after": 3}}, {"worker": {**WORDS, "hourly": "often"}}]
)
def test_broken_policies_are_an_error(found: Any) -> None:
    with pytest.raises(WatchError, match=r"policies are broken; run site\.yml"):
        read(found)
