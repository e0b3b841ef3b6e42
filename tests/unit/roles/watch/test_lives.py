"""Counting of how often services exit soon after starting."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from airflow_watch.lives import count, failures
from airflow_watch.services import Container

NOW = datetime(2026, 11, 28, 12, 0, 30, tzinfo=UTC)
AT = "2026-11-28T{}.123456789Z"
BEFORE = [2, AT.format("11:59:00"), 4]


def one(status: str, started: str, finished: str, restarts: int = 0) -> Container:
    finished = finished if finished.startswith("0001") else AT.format(finished)
    return Container(
        "worker", "w", status, exit_code=1, started=AT.format(started), finished=finished, restarts=restarts
    )


@pytest.mark.parametrize(
    ("known", "container", "ends"),
    [
        # The first check has no earlier record.
        (None, one("restarting", "12:00:10", "12:00:20", 7), 0),
        # One more end, after 10 s; each restart by Docker since the last check counts.
        (BEFORE, one("exited", "12:00:10", "12:00:20", 4), 3),
        (BEFORE, one("restarting", "12:00:10", "12:00:20", 9), 7),
        (BEFORE, one("running", "12:00:21", "12:00:20", 5), 3),
        # A manual start resets Docker's restart count.
        (BEFORE, one("exited", "12:00:10", "12:00:20", 0), 3),
        # The same end as at the last check.
        (BEFORE, one("exited", "11:58:50", "11:59:00", 4), 2),
        (BEFORE, one("running", "12:00:00", "11:59:00", 4), 2),
        # The service has run for long enough, or had before it ended.
        (BEFORE, one("running", "11:59:30", "11:59:00", 4), 0),
        (BEFORE, one("exited", "11:59:01", "12:00:20", 4), 0),
        # A new container.
        (BEFORE, one("running", "12:00:21", "0001-01-01T00:00:00Z"), 2),
        # Invalid records.
        ([], one("exited", "12:00:10", "12:00:20"), 0),
        ([2, None, 4], one("exited", "12:00:10", "12:00:20"), 0),
    ],
)
def test_consecutive_early_ends_are_counted(known: Any, container: Container, ends: int) -> None:
    lives = count({"worker": known, "gone": BEFORE}, [container], NOW)
    assert lives == {"worker": [ends, container.finished, container.restarts]}
    assert count("no notes", [container], NOW)["worker"][0] == 0
    assert bool(failures(lives, [container])) is (ends >= 3)


def test_the_exit_code_of_a_running_service_is_not_reported() -> None:
    container = one("running", "12:00:21", "12:00:20")
    line = failures({"worker": [4, "", 0]}, [container])["worker"]
    assert line == "worker does not stay up: it exited 4 times in a row within 60 s of its start: docker logs w"


@pytest.mark.parametrize(
    ("postgres", "counted"),
    [
        ([one("running", "11:00:00", "0001-01-01T00:00:00Z")._replace(service="postgres")], True),
        ([one("running", "12:00:00", "11:59:50")._replace(service="postgres")], False),
        # It recovers.
        ([one("running", "11:00:00", "10:59:50")._replace(service="postgres", health="unhealthy")], False),
        ([one("running", "11:00:00", "10:59:50")._replace(service="postgres", health="healthy")], True),
        ([one("exited", "11:00:00", "12:00:20")._replace(service="postgres")], False),
        # The database's container was removed since the last check.
        ([], False),
    ],
)
def test_services_that_end_without_their_database_are_not_reported(postgres: list[Container], counted: bool) -> None:
    worker = one("exited", "12:00:10", "12:00:20", 4)
    lives = count({"worker": BEFORE, "postgres": [0, "", 0]}, [worker, *postgres], NOW)
    assert (lives["worker"][0] == 3) is counted
    assert bool(failures(lives, [worker])) is counted


def test_a_paused_database_explains_the_ends_of_other_services() -> None:
    """Nothing counts for the paused service itself."""
    worker = one("exited", "12:00:10", "12:00:20", 4)
    postgres = one("exited", "11:00:00", "11:30:00")._replace(service="postgres")
    lives = count({"worker": BEFORE, "postgres": BEFORE}, [worker, postgres], NOW, ["postgres"])
    assert list(lives) == ["worker"]
    assert failures(lives, [worker]) == {}


def test_a_database_that_does_not_stay_up_is_reported() -> None:
    postgres = one("exited", "12:00:10", "12:00:20", 4)._replace(service="postgres")
    lives = count({"postgres": BEFORE}, [postgres], NOW)
    assert failures(lives, [postgres]) != []
