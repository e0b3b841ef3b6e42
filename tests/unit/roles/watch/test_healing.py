"""What airflow-watch does about services in a round."""

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
    """Look at the services; return what was said, and failures."""
    said: list[str] = []
    failures: list[str] = []
    healing.Healing(host, said.append, failures.append).start_services()  # type: ignore[arg-type]
    return said, failures


def test_a_service_that_cannot_be_started_hinders_no_other(host: Played) -> None:
    host.services, host.broken, host.there = ["postgres", "worker"], {"start"}, [HANGS]
    _, failures = heal(host)
    assert host.done == ["start postgres", "restart worker w"]
    assert failures == ["postgres: start failed"]


def test_without_the_definition_what_hangs_is_restarted_all_the_same(host: Played) -> None:
    host.broken, host.there = {"expected"}, [HANGS]
    _, failures = heal(host)
    assert failures == ["what is missing is not known: compose.yml is missing"]
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
def test_what_is_done(host: Played, container: Container, done: list[str]) -> None:
    host.there = [container]
    heal(host)
    assert host.done == done


def test_a_container_with_the_stack_s_labels_does_not_stand_for_its_service(host: Played) -> None:
    other = Container("worker", "debugging", "running", "healthy", ours=False)
    host.there = [other, Container("worker", "airflow-worker-1", "exited")]
    assert heal(host) == (
        ["starting worker, which exited with code 0", "worker runs again"],
        [],
    )
    assert host.done == ["start worker airflow-worker-1"]
    # Compose takes it for the service's, so it would create none beside it.
    host.there, host.done = [other], []
    said, (failure,) = heal(host)
    assert (said, host.done) == ([], [])
    assert failure.startswith(
        "worker has no container, and none is created as long as debugging has its labels: remove"
    )


def test_a_slow_docker_is_left_to_the_next_round(host: Played, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(healing, "ACT_SECONDS", -1)
    host.there = []
    assert heal(host) == ([], ["worker has to wait for the next round: Docker is too slow"])
    assert host.done == []


def flapping(number: int, **more: Any) -> Container:
    """A container that Docker has started again a few times, and is about to start again."""
    now = datetime.now(UTC)
    times = {"started": f"{now - timedelta(seconds=9):%FT%T}.1Z", "finished": f"{now:%FT%T}.{number}Z"}
    return Container("worker", "w", "restarting", exit_code=3, restarts=number, **times, **more)


def test_a_service_that_ends_again_and_again_fails_each_round_with_a_count(
    host: Played, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = []
    for number in (1, 2, 3, 5, 6):
        host.there = [flapping(number)]
        found.append(heal(host)[1])
    line = (
        "worker does not stay up: it ended {} times in a row within 60 s of its start, last with code 3: docker logs w"
    )
    assert found == [[], [], [], [line.format(4)], [line.format(5)]]
    # Not while somebody has paused it, and not from before.
    pause = Pause("ana", "", datetime.now(UTC) + timedelta(hours=1), "worker")
    monkeypatch.setattr(healing, "read_pauses", lambda *_: [pause])
    assert heal(host)[1] == []
    monkeypatch.setattr(healing, "read_pauses", lambda *_: [])
    assert heal(host)[1] == []


def test_a_count_that_cannot_be_kept_is_said(host: Played) -> None:
    notes.DIRECTORY.write_text("in its way", encoding="utf-8")
    _, (failure,) = heal(host)
    assert failure.startswith(f"how often services end is not known: {notes.DIRECTORY}/lives.json cannot be written: ")
