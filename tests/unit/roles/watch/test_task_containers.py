"""Which containers of tasks are leftovers, and which tries in Redis have no container any more."""

from __future__ import annotations

from typing import Any

import pytest
from airflow_watch import task_containers
from airflow_watch.task_containers import TaskContainer, container, due, gone, judge

from tests.support.programs import load_with

INSTANCE = ("news", "fetch", "manual__1", -1)
ENDED = ["success", "failed", "up_for_retry", "skipped", "upstream_failed", "removed", None]
# Of all releases; and one that no release knows.
OTHERS = [
    *("running", "restarting", "shutdown", "deferred", "up_for_reschedule", "queued", "scheduled", "sensing"),
    *("awaiting_input", "new in a later release"),
]
LABELS = {
    "airflow.stack": "0123",
    "airflow.dag": "news",
    "airflow.task": "fetch",
    "airflow.run": "manual__1",
    "airflow.map_index": "-1",
    "airflow.try": "2",
    "airflow.auto_remove": "force",
}


def one(**given: Any) -> TaskContainer:
    """A running container of the second try."""
    found = container(["id", "/name", {"Status": "running", "ExitCode": 0}, "sha256:1", LABELS])
    assert found
    return found._replace(**given)


@pytest.mark.parametrize("state", ENDED)
def test_the_container_of_a_try_that_has_ended_is_a_leftover(state: str | None) -> None:
    finding = judge(one(), {INSTANCE: (2, state)})
    assert (finding.leftover, finding.later) == (True, False)


@pytest.mark.parametrize("state", [*ENDED, *OTHERS])
def test_once_a_later_try_has_begun_the_earlier_one_is_over(state: str | None) -> None:
    finding = judge(one(), {INSTANCE: (3, state)})
    assert (finding.leftover, finding.later) == (True, True)


@pytest.mark.parametrize("state", OTHERS)
def test_a_try_that_runs_or_may_continue_is_left_alone(state: str) -> None:
    assert not judge(one(), {INSTANCE: (2, state)}).leftover


@pytest.mark.parametrize("state", [*ENDED, *OTHERS])
def test_a_try_that_the_database_has_not_reached_is_left_alone(state: str | None) -> None:
    """Airflow 2.5 counts down while a task is deferred, and a run that was deleted and created again starts over."""
    assert not judge(one(), {INSTANCE: (1, state)}).leftover


@pytest.mark.parametrize("rows", [{}, {("news", "fetch", "manual__1", 0): (3, "running")}])
def test_a_task_that_the_database_does_not_know_is_left_alone(rows: Any) -> None:
    finding = judge(one(), rows)
    assert not finding.leftover
    assert finding.reason == "the database does not know its task; if nobody needs it: docker rm -f name"


@pytest.mark.parametrize(
    ("status", "code", "auto_remove", "leftover"),
    [
        ("exited", 0, "never", False),
        ("exited", 1, "never", False),
        ("exited", 0, "success", True),
        ("exited", 1, "success", False),
        ("exited", 137, "force", True),
        # An operator of the author's own.
        ("exited", 0, "sometimes", False),
        ("created", 0, "never", True),
        ("paused", 0, "never", True),
        ("dead", 1, "never", True),
    ],
)
def test_what_exited_stays_unless_its_task_wants_it_removed(
    status: str, code: int, auto_remove: str, leftover: bool
) -> None:
    found = one(status=status, exit_code=code, auto_remove=auto_remove)
    assert judge(found, {INSTANCE: (2, "failed")}).leftover is leftover


@pytest.mark.parametrize("broken", [{"airflow.try": "x"}, {"airflow.map_index": ""}, {"airflow.run": None}])
def test_labels_that_are_not_those_of_a_try_make_no_container_of_a_task(broken: dict[str, Any]) -> None:
    labels = {name: value for name, value in {**LABELS, **broken}.items() if value is not None}
    assert container(["id", "/name", {"Status": "running"}, "sha256:1", labels]) is None


def test_a_container_is_described_with_its_task_and_try() -> None:
    assert one().text() == "name (running): DAG news, task fetch, run manual__1, try 2"
    found = one(status="exited", exit_code=137, instance=("news", "fetch", "r", 4))
    assert found.text() == "name (exited with code 137): DAG news, task fetch, run r, map index 4, try 2"


def test_leftovers_are_due_after_the_grace_period_or_when_a_later_try_has_begun() -> None:
    findings = [judge(one(), {INSTANCE: (2, "failed")})]
    assert due(findings, {"id": 100.0}, 159.0, 60) == []
    assert due(findings, {"id": 100.0}, 160.0, 60) == findings
    assert due(findings, {}, 160.0, 60) == []
    assert due(findings, {}, 160.0, 0) == findings
    later = [judge(one(), {INSTANCE: (3, "running")})]
    assert due(later, {"id": 160.0}, 160.0, 60) == later
    running = [judge(one(), {INSTANCE: (2, "running")})]
    assert due(running, {"id": 0.0}, 1000.0, 0) == []


@pytest.mark.parametrize(
    ("there", "row", "removed"),
    [
        ([], (2, "failed"), True),
        ([], (3, "running"), True),
        # It may be about to create its container.
        ([], (2, "running"), False),
        # A run that was deleted and created again: nothing of this host runs for it.
        ([], (1, "running"), True),
        ([one()], (3, "running"), False),
        ([one(status="created")], (3, "running"), False),
        ([one(number=1)], (3, "running"), True),
        ([one(status="exited")], (3, "running"), True),
    ],
)
def test_a_try_without_a_container_is_removed_from_redis(there: list[TaskContainer], row: Any, removed: bool) -> None:
    entry = [*INSTANCE, 2]
    assert gone([entry], there, {INSTANCE: row}) == ([entry] if removed else [])


def test_labels_are_those_that_the_worker_writes() -> None:
    program = load_with("stack_containers", "stack_tries")
    assert (*program.INSTANCE, program.TRY) == task_containers.MARK
    assert program.AUTO_REMOVE == task_containers.AUTO_REMOVE
