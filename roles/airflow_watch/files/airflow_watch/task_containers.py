"""Decides which containers of tasks are leftovers: their try is over according to the database."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

# As in files/stack_containers.py of role airflow_stack.
STACK, DAG, TASK, RUN = "airflow.stack", "airflow.dag", "airflow.task", "airflow.run"
MAP_INDEX, TRY, AUTO_REMOVE = "airflow.map_index", "airflow.try", "airflow.auto_remove"
MARK = (STACK, DAG, TASK, RUN, MAP_INDEX, TRY)
# States of a container that has processes.
LIVE = frozenset({"running", "paused", "restarting"})
# States of a task instance that end its present try; None is a cleared one. In any other state, also an unknown one,
# the try may still need its container: a deferred task continues as the same try, and so does a queued one after that.
ENDED = frozenset({"success", "failed", "up_for_retry", "skipped", "upstream_failed", "removed", None})
RUNNING = "running"

# A task instance: DAG, task, run, map index.
Instance = tuple[str, str, str, int]
# The present try and the state of each task instance in the database.
Rows = dict[Instance, tuple[int, "str | None"]]


class TaskContainer(NamedTuple):
    """A container with the labels of a try. ``labels`` are these labels only."""

    id: str
    name: str
    status: str
    exit_code: int
    image: str
    instance: Instance
    number: int
    auto_remove: str
    labels: dict[str, str]

    def text(self) -> str:
        """Return the container and its try as text for people."""
        dag, task, run, index = self.instance
        mapped = f", map index {index}" if index >= 0 else ""
        status = f"exited with code {self.exit_code}" if self.status == "exited" else self.status
        return f"{self.name} ({status}): DAG {dag}, task {task}, run {run}{mapped}, try {self.number}"


class Finding(NamedTuple):
    """A container, whether it is a leftover, and why. ``later`` is true if a later try has begun."""

    container: TaskContainer
    leftover: bool
    later: bool
    reason: str


def container(inspected: Sequence[Any]) -> TaskContainer | None:
    """Return a container; None if its labels are not those of a try.

    Args:
        inspected: Its id, name, state, image and labels, as ``docker inspect`` prints them.
    """
    id_, name, state, image, labels = inspected
    try:
        instance = (labels[DAG], labels[TASK], labels[RUN], int(labels[MAP_INDEX]))
        number, mark = int(labels[TRY]), {name: labels[name] for name in MARK}
    except (KeyError, ValueError):
        return None
    auto_remove = labels.get(AUTO_REMOVE, "never")
    status, code = state["Status"], state.get("ExitCode", 0)
    return TaskContainer(id_, name.lstrip("/"), status, code, image, instance, number, auto_remove, mark)


def to_remove(status: str, exit_code: int, auto_remove: str) -> bool:
    """Return whether a container must not stay after its try.

    An exited container stays if its author wants to keep it: DockerOperator removes it only with ``auto_remove``.
    """
    if status != "exited":
        return True
    return auto_remove == "force" or (auto_remove == "success" and exit_code == 0)


def judge(one: TaskContainer, rows: Rows) -> Finding:
    """Return what the database says about the try of a container."""
    if not to_remove(one.status, one.exit_code, one.auto_remove):
        return Finding(one, False, False, "it stays, because the task's auto_remove keeps it")
    if one.instance not in rows:
        return Finding(
            one, False, False, f"the database does not know its task; if nobody needs it: docker rm -f {one.name}"
        )
    number, state = rows[one.instance]
    known = f"the database says that try {number} is {state or 'cleared'}"
    later = number > one.number
    return Finding(one, later or (number == one.number and state in ENDED), later, known)


def due(findings: Iterable[Finding], seen: Mapping[str, float], now: float, grace: float) -> list[Finding]:
    """Return the leftovers to remove now.

    Args:
        findings: All findings.
        seen: When each leftover was found first, by container id, in seconds of the same clock as ``now``.
        now: The time.
        grace: Seconds that a leftover is left alone, unless a later try has begun, which may be waiting.
    """
    return [one for one in findings if one.leftover and (one.later or now - seen.get(one.container.id, now) >= grace)]


def gone(tries: Iterable[Sequence[Any]], there: Iterable[TaskContainer], rows: Rows) -> list[list[Any]]:
    """Return the tries in Redis that have no running container on this host, and are not about to create one.

    Args:
        tries: Tries of this host, as lists of DAG, task, run, map index and try.
        there: The containers on this host.
        rows: Answer of the database.
    """
    live = {(*one.instance, one.number) for one in there if one.status != "exited"}
    found = []
    for one in tries:
        instance, number = tuple(one[:4]), one[4]
        if (*instance, number) not in live and rows.get(instance) != (number, RUNNING):
            found.append(list(one))
    return found
