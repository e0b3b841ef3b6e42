"""Actions of airflow-watch on services in a round."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from airflow_watch import healing, notes
from airflow_watch.pauses import Pause
from airflow_watch.services import Container

from tests.unit.roles.watch.played import Played

HANGS = Container("worker", "w", "running", "unhealthy", "no answer")


def heal(host: Played) -> tuple[list[str], list[str]]:
    """Check the services; return the messages and the failures."""
    said: list[str] = []
    failures: list[str] = []
    healing.Healing(host, said.append, failures.append).start_services()  # type: ignore[arg-type]
    return said, failures


def test_a_service_that_cannot_be_started_does_not_block_others(host: Played) -> None:
    host.services, host.broken, host.there = ["postgres", "worker"], {"start"}, [HANGS]
    _, failures = heal(host)
    assert host.done == ["start postgres", "restart worker w"]
    assert failures == ["postgres: start failed"]


def test_hanging_services_are_restarted_even_without_the_definition(host: Played) -> None:
    host.broken, host.there = {"expected"}, [HANGS]
    _, failures = heal(host)
    assert failures == ["missing services cannot be detected: compose.yml is missing"]
    assert host.done == ["restart worker w"]


@pytest.mark.parametrize(
    ("container", "done"),
    [
        (Container("worker", "w", "exited"), ["start worker w"]),
        (Container("worker", "w", "dead"), ["remove w", "start worker"]),
        (Container("worker", "w", "running", "healthy", cut_off=True), ["replace worker w"]),
        (Container("worker", "w", "paused"), ["unpause w"]),
    ],
)
def test_actions_by_state(host: Played, container: Container, done: list[str]) -> None:
    host.there = [container]
    heal(host)
    assert host.done == done


def test_a_foreign_container_with_the_stacks_labels_is_not_the_service(host: Played) -> None:
    other = Container("worker", "debugging", "running", "healthy", ours=False)
    host.there = [other, Container("worker", "airflow-worker-1", "exited")]
    assert heal(host) == (
        ["starting worker, which exited with code 0", "worker runs again"],
        [],
    )
    assert host.done == ["start worker airflow-worker-1"]
    # Compose would take it for the service's container, and therefore create none.
    host.there, host.done = [other], []
    said, (failure,) = heal(host)
    assert (said, host.done) == ([], [])
    assert failure.startswith("worker cannot be created, because debugging carries its labels: remove debugging,")


def test_actions_wait_for_the_next_round_if_docker_is_slow(host: Played, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(healing, "ACT_SECONDS", -1)
    host.there = []
    assert heal(host) == ([], ["worker has to wait for the next round: Docker is too slow"])
    assert host.done == []


def flapping(number: int, **more: Any) -> Container:
    """Return a container that Docker has restarted a few times, and is about to restart."""
    now = datetime.now(UTC)
    times = {"started": f"{now - timedelta(seconds=9):%FT%T}.1Z", "finished": f"{now:%FT%T}.{number}Z"}
    return Container("worker", "w", "restarting", exit_code=3, restarts=number, **times, **more)


def test_a_service_in_a_crash_loop_fails_each_round_with_a_count(host: Played, monkeypatch: pytest.MonkeyPatch) -> None:
    found = []
    for number in (1, 2, 3, 5, 6):
        host.there = [flapping(number)]
        found.append(heal(host)[1])
    line = (
        "worker does not stay up: it exited {} times in a row within 60 s of its start, last with code 3: docker logs w"
    )
    assert found == [[], [], [], [line.format(4)], [line.format(5)]]
    # No failure while the service is paused, and counting starts again afterwards.
    pause = Pause("ana", "", datetime.now(UTC) + timedelta(hours=1), "worker")
    monkeypatch.setattr(healing, "read_pauses", lambda *_: [pause])
    assert heal(host)[1] == []
    monkeypatch.setattr(healing, "read_pauses", lambda *_: [])
    assert heal(host)[1] == []


def test_a_count_that_cannot_be_stored_is_reported(host: Played) -> None:
    notes.DIRECTORY.write_text("in its way", encoding="utf-8")
    _, (failure,) = heal(host)
    assert failure.startswith(f"service exits cannot be recorded: {notes.DIRECTORY}/lives.json cannot be written: ")
