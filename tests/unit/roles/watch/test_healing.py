"""Actions of airflow-watch on services in a round."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from airflow_watch import evidence, healing, notes, records
from airflow_watch.evidence import Process
from airflow_watch.pauses import Pause
from airflow_watch.policy import Record
from airflow_watch.services import Container

from tests.unit.roles.watch.played import Played

HANGS = Container("worker", "w", "running", "unhealthy", "hangs: no answer")


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The seconds since boot, which a test sets."""
    now = [10_000.0]
    monkeypatch.setattr(healing, "boot_seconds", lambda: now[0])
    return now


def heal(host: Played) -> tuple[list[str], list[str]]:
    """Check the services; return the messages and the failures."""
    said: list[str] = []
    failures: list[str] = []
    healing.Healing(host, said.append, failures.append).start_services()  # type: ignore[arg-type]
    return said, failures


def test_a_service_that_cannot_be_started_does_not_block_others(host: Played) -> None:
    host.services, host.broken, host.there = ["postgres", "worker"], {"start"}, [HANGS]
    _, failures = heal(host)
    assert sorted(host.done) == ["restart worker w", "start postgres"]
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


def test_a_slow_start_does_not_delay_other_services(host: Played, monkeypatch: pytest.MonkeyPatch) -> None:
    other = threading.Event()

    def start(service: str, *_: str) -> None:
        # The first service starts only after the second one.
        assert service != "redis" or other.wait(30)
        host.done.append(f"start {service}")
        other.set()

    monkeypatch.setattr(host, "start", start, raising=False)
    host.services, host.there = ["redis", "worker"], []
    heal(host)
    assert host.done == ["start worker", "start redis"]


def test_a_bug_in_one_action_does_not_block_others(host: Played, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(host, "unpause", lambda _: 1 / 0, raising=False)
    host.services, host.there = ["redis", "worker"], [Container("redis", "r", "paused")]
    _, failures = heal(host)
    assert failures == ["redis: ZeroDivisionError('division by zero')"]
    assert host.done == ["start worker"]


def test_a_failed_start_is_tried_again_later_and_reported_by_a_unit(host: Played, clock: list[float]) -> None:
    host.broken, host.there = {"start"}, [Container("worker", "w", "exited", exit_code=128)]
    assert heal(host) == (["starting worker, which exited with code 128"], ["worker: start failed"])
    clock[0] += 10
    assert heal(host) == (
        [],
        ["worker waits for another 10 s until the next attempt: 1 starts failed, the last one: start failed"],
    )
    for seconds in (20, 40):
        clock[0] += seconds
        heal(host)
    unit = "airflow-watch-cannot-start-worker"
    assert host.done == [*["start worker w"] * 3, f"flag {unit}: 3 starts of worker failed: start failed"]
    # The address has appeared.
    host.broken, host.done = set(), []
    clock[0] += 80
    assert heal(host)[1] == []
    assert "worker: start failed" not in heal(host)[1]
    assert host.done == ["start worker w", f"unflag {unit}"]
    assert records.read()["worker"].failed == 0


def test_after_the_budget_a_unit_fails_until_the_service_works(host: Played, clock: list[float]) -> None:
    host.there = [HANGS]
    for seconds in (0, 60, 600, 30):
        clock[0] += seconds
        found = heal(host)
    unit, reason = "airflow-watch-gave-up-worker", "because 2 restarts within an hour did not help: no answer"
    assert found == ([], [f"worker: gave up for 2910 s, {reason}"])
    assert host.done == ["restart worker w", "restart worker w", f"flag {unit}: worker: gave up for 2940 s, {reason}"]
    # Not while it starts; only when it works.
    for health, done in (("starting", []), ("healthy", [f"unflag {unit}"])):
        host.there, host.done = [HANGS._replace(health=health)], []
        assert heal(host)[1] == []
        assert host.done == done


def test_a_server_that_somebody_paused_is_no_failure(host: Played, monkeypatch: pytest.MonkeyPatch) -> None:
    host.services = ["redis", "worker"]
    host.there = [Container("redis", "r", "exited"), HANGS._replace(reason="away: redis: refused")]
    pause = Pause("ana", "new disk", datetime.now(UTC) + timedelta(hours=1), "redis")
    monkeypatch.setattr(healing, "read_pauses", lambda *_: [pause])
    said, failures = heal(host)
    assert failures == []
    assert "redis (exited with code 0) is left alone: paused by ana" in said[0]
    assert host.done == []


def test_services_wait_for_a_server_in_one_line(host: Played, clock: list[float]) -> None:
    """On this host or on another one. When it is back, they get time to recover."""
    host.policies = {**host.policies, "scheduler": host.policies["worker"]}
    host.services = ["redis", "scheduler", "worker"]
    away = HANGS._replace(reason="away: redis: refused")
    host.there = [Container("redis", "r", "running", "starting"), HANGS, away._replace(service="scheduler")]
    host.services += ["webserver"]
    host.policies["webserver"] = host.policies["worker"]
    # Docker restarts it again and again.
    host.there += [Container("webserver", "x", "restarting")]
    line = "redis is away; waiting for it, and therefore not restarted: scheduler, webserver, worker"
    for _ in range(9):
        assert heal(host) == ([], [line])
        clock[0] += 30
    host.services.remove("webserver")
    host.there = [Container("redis", "r", "running", "healthy"), HANGS, HANGS._replace(service="scheduler")]
    assert heal(host)[1] == []
    assert host.done == []
    clock[0] += 150
    heal(host)
    assert host.done == ["restart scheduler w", "restart worker w"]


@pytest.mark.parametrize(
    ("task", "done", "line"),
    [
        # Without tasks, it does not need its whole grace period.
        ([], ["restart worker w in 60 s"], "restarting worker, whose health check said: no answer"),
        (["task"], [], "worker is not restarted: its policy names no such reason (no answer (it runs 1 tasks))"),
    ],
)
def test_tasks_of_a_worker(
    host: Played, monkeypatch: pytest.MonkeyPatch, task: list[str], done: list[str], line: str
) -> None:
    pool = [Process(5, 1, "S", "ForkPoolWorker-1"), *(Process(6, 5, "S", name) for name in task)]
    monkeypatch.setattr(evidence, "processes", lambda: pool)
    host.there = [HANGS._replace(pid=5)]
    said, failures = heal(host)
    assert host.done == done
    assert [*said, *failures] == [line]


def test_a_stopped_process_is_continued(host: Played, monkeypatch: pytest.MonkeyPatch, clock: list[float]) -> None:
    monkeypatch.setattr(evidence, "processes", lambda: [Process(5, 1, "S", ""), Process(6, 5, "T", "")])
    host.there = [HANGS._replace(pid=5)]
    assert heal(host) == (["continuing worker, which SIGSTOP stopped"], [])
    assert host.done == ["proceed (6,)"]
    assert heal(host) == ([], ["worker was stopped by SIGSTOP again"])
    # Not while it is healthy: somebody may debug a process.
    host.there, host.done = [HANGS._replace(pid=5, health="healthy")], []
    clock[0] += 1000
    heal(host)
    assert host.done == []


def test_a_replacement_that_did_not_help_is_tried_again_later(host: Played, clock: list[float]) -> None:
    host.there = [Container("worker", "w", "running", "healthy", cut_off=True)]
    heal(host)
    _, (failure,) = heal(host)
    assert host.done == ["replace worker w"]
    assert failure == "worker waits for another 60 s until the next attempt: it was restarted or replaced before"
    clock[0] += 60
    heal(host)
    heal(host)
    assert host.done[1] == "replace worker w"
    assert host.flagged == {"airflow-watch-gave-up-worker"}


def test_records_that_cannot_be_read_count_as_missing(host: Played) -> None:
    records.write({"worker": Record("hangs", 1, -1, (2, 3), 1, 4, "x")})
    assert records.read() == {"worker": Record("hangs", 1, -1, (2, 3), 1, 4, "x")}
    for broken in ([], {"worker": [1]}, {"worker": ["", "x", 0, [], 0, 0, ""]}, {"worker": None}):
        notes.write(records.NOTE, broken)
        assert records.read() == {}
    host.there = [HANGS]
    heal(host)
    assert host.done == ["restart worker w"]


def flapping(number: int, **more: Any) -> Container:
    """Return a container that Docker has restarted a few times, and is about to restart."""
    now = datetime.now(UTC)
    times = {"started": f"{now - timedelta(seconds=9):%FT%T}.1Z", "finished": f"{now:%FT%T}.{number}Z"}
    return Container("worker", "w", "restarting", exit_code=3, restarts=number, **times)._replace(**more)


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


def test_services_that_exit_without_a_server_on_another_host_wait_for_it(host: Played) -> None:
    """Airflow's scheduler exits without its database, and Docker starts it again and again."""
    host.gone, found = {"redis"}, []
    for number in (1, 2, 3, 5, 6):
        host.there = [flapping(number, **({"status": "running", "health": "starting"} if number == 6 else {}))]
        found.append(heal(host)[1])
    assert found == [["redis is away; waiting for it, and therefore not restarted: worker"]] * 5
    host.gone = set()
    assert "does not stay up" in heal(host)[1][0]
    # A server that the service does not need explains nothing.
    host.gone = {"postgres"}
    assert "does not stay up" in heal(host)[1][0]


def test_a_service_that_hangs_while_a_server_on_another_host_is_away_is_not_restarted(host: Played) -> None:
    host.there, host.gone = [HANGS], {"redis"}
    assert heal(host)[1] == ["redis is away; waiting for it, and therefore not restarted: worker"]
    assert host.done == []


def test_a_count_that_cannot_be_stored_is_reported(host: Played) -> None:
    notes.DIRECTORY.write_text("in its way", encoding="utf-8")
    _, failures = heal(host)
    assert [failure.partition(" cannot be written: ")[0] for failure in failures] == [
        f"service exits cannot be recorded: {notes.DIRECTORY}/lives.json",
        f"restarts cannot be recorded: {notes.DIRECTORY}/healing.json",
    ]
