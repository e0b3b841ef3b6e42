"""How often services end just after their start."""

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
        # The first look knows of nothing before.
        (None, one("restarting", "12:00:10", "12:00:20", 7), 0),
        # Another end, after 10 s; Docker's own restarts since the last look count each.
        (BEFORE, one("exited", "12:00:10", "12:00:20", 4), 3),
        (BEFORE, one("restarting", "12:00:10", "12:00:20", 9), 7),
        (BEFORE, one("running", "12:00:21", "12:00:20", 5), 3),
        # Somebody has started it by hand, from which on Docker counts anew.
        (BEFORE, one("exited", "12:00:10", "12:00:20", 0), 3),
        # The same end as at the last look.
        (BEFORE, one("exited", "11:58:50", "11:59:00", 4), 2),
        (BEFORE, one("running", "12:00:00", "11:59:00", 4), 2),
        # It lives, or has lived long before it ended.
        (BEFORE, one("running", "11:59:30", "11:59:00", 4), 0),
        (BEFORE, one("exited", "11:59:01", "12:00:20", 4), 0),
        # A new container.
        (BEFORE, one("running", "12:00:21", "0001-01-01T00:00:00Z"), 2),
        # Notes that are none.
        ([], one("exited", "12:00:10", "12:00:20"), 0),
        ([2, None, 4], one("exited", "12:00:10", "12:00:20"), 0),
    ],
)
def test_ends_in_a_row(known: Any, container: Container, ends: int) -> None:
    lives = count({"worker": known, "gone": BEFORE}, [container], NOW)
    assert lives == {"worker": [ends, container.finished, container.restarts]}
    assert count("no notes", [container], NOW)["worker"][0] == 0
    assert bool(failures(lives, [container])) is (ends >= 3)


def test_the_code_of_a_service_that_runs_is_not_said() -> None:
    container = one("running", "12:00:21", "12:00:20")
    (line,) = failures({"worker": [4, "", 0]}, [container])
    assert line == "worker does not stay up: it ended 4 times in a row within 60 s of its start: docker logs w"


@pytest.mark.parametrize(
    ("postgres", "counted"),
    [
        ([one("running", "11:00:00", "0001-01-01T00:00:00Z")._replace(service="postgres")], True),
        ([one("running", "12:00:00", "11:59:50")._replace(service="postgres")], False),
        ([one("exited", "11:00:00", "12:00:20")._replace(service="postgres")], False),
        # Its container was removed since the last look.
        ([], False),
    ],
)
def test_what_ends_for_want_of_the_database_is_not_blamed(postgres: list[Container], counted: bool) -> None:
    worker = one("exited", "12:00:10", "12:00:20", 4)
    lives = count({"worker": BEFORE, "postgres": [0, "", 0]}, [worker, *postgres], NOW)
    assert (lives["worker"][0] == 3) is counted
    assert bool(failures(lives, [worker])) is counted


def test_a_database_that_does_not_stay_up_is_named() -> None:
    postgres = one("exited", "12:00:10", "12:00:20", 4)._replace(service="postgres")
    lives = count({"postgres": BEFORE}, [postgres], NOW)
    assert failures(lives, [postgres]) != []
