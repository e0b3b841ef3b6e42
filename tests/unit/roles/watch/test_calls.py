"""Calls of the alert command or URL: the message, the attempts and their limit."""

from __future__ import annotations

from airflow_watch import calls
from airflow_watch.alerts import Event
from airflow_watch.calls import ATTEMPTS, Call, begun, due, kept

NOW = 1_800_000_000.0
FAILED = calls.message(Event("disk", "failed", "/ is full", NOW - 60, NOW), "web1", "airflow")
RECOVERED = {**FAILED, "state": "recovered", "id": "2"}


def test_a_message_says_everything() -> None:
    assert len(FAILED.pop("id")) == 32
    assert FAILED == {
        "host": "web1",
        "stack": "airflow",
        "what": "disk",
        "state": "failed",
        "since": "2027-01-15T07:59:00+00:00",
        "time": "2027-01-15T08:00:00+00:00",
        "text": "airflow on web1: failed: / is full",
    }
    FAILED["id"] = "1"
    over = calls.message(Event("disk", "recovered", "/ is full", NOW - 60, NOW), "web1", "airflow")
    assert over["text"] == "airflow on web1: recovered, no longer true: / is full"


def test_a_call_that_fails_is_tried_again_less_and_less_often_and_then_given_up() -> None:
    call, times, now = Call(FAILED), [], NOW
    while not call.given_up:
        assert due([call], now - 1) == ([] if call.attempts else [call])
        call = begun(call, now)._replace(error="no answer")
        times.append(now - NOW)
        now = call.due
    assert times == [0, 60, 360, 1260, 4860, 19260, 62460]
    assert due([call], now + 86400) == []
    assert call.line() == f"alert not delivered after {ATTEMPTS} attempts, given up: disk failed: no answer"
    # It is shown for a week.
    assert kept([call], now + 6 * 86400) == [call]
    assert kept([call], now + 8 * 86400) == []


def test_a_recovery_waits_for_its_failure_and_others_do_not() -> None:
    failed, recovered, other = Call(FAILED, 1, NOW + 60, "x"), Call(RECOVERED), Call({**FAILED, "what": "firewall"})
    assert due([failed, recovered, other], NOW) == [other]
    assert due([failed, recovered, other], NOW + 60) == [failed, other]
    given_up = failed._replace(attempts=ATTEMPTS)
    assert due([given_up, recovered], NOW) == [recovered]


def test_an_attempt_that_did_not_end_counts() -> None:
    """The program may be killed during an attempt."""
    call = begun(Call(FAILED), NOW)
    assert call.line() == f"alert not delivered yet: disk failed, 1 of {ATTEMPTS} attempts: in progress"
    assert due([call], NOW) == []
    assert due([call], NOW + 60) == [call]
    last = call._replace(attempts=ATTEMPTS)
    assert due([last], NOW + 10**6) == []
    assert kept([last], NOW)[0].given_up


def test_a_clock_that_was_set_back_does_not_delay_a_call_for_long() -> None:
    assert due([Call(FAILED, 1, NOW + 10 * 86400, "x")], NOW) != []


def test_the_queue_is_limited() -> None:
    queue = [Call({**FAILED, "what": str(number)}) for number in range(1000)]
    assert kept(queue, NOW) == queue[-calls.LONGEST :]


def test_a_damaged_record_is_empty() -> None:
    assert calls.read(None) == calls.read([1, [1, 2, 3, 4], ["x"]]) == []
    call = Call(FAILED, 1, NOW, "x")
    assert calls.read([list(call)]) == [call]
