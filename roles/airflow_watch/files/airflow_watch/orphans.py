"""Stops and removes containers that tasks have left behind."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from . import notes, task_containers
from .commands import WatchError
from .store import read_pauses
from .task_engine import TaskEngine

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from .host import Host
    from .task_containers import Finding

NOTE = "orphans.json"
# Seconds after which tries in Redis are compared with the containers of this host, even if it has none.
COMPARE_SECONDS = 300
# Seconds without an answer after which a round fails. A restart of the database takes less.
SILENT_SECONDS = 300


class Orphans:
    """The containers of tasks on this host."""

    def __init__(self, host: Host, say: Callable[[str], None], fail: Callable[[str], None]) -> None:
        """Store the host, the function that prints a line, and the one that reports a failure."""
        self.host, self.say, self.fail = host, say, fail
        self.engine = TaskEngine(host)

    def stop_leftovers(self) -> None:
        """Stop and remove the leftovers whose grace period is over.

        Raises:
            WatchError: Docker or the database has not answered for a while. No container was touched.
        """
        if not self.host.orphans or self.host.docker_state() != "active":
            return
        note, now, there = _note(), time.monotonic(), self.engine.containers()
        compare = self.host.orphans["spread"] and not 0 <= now - note["asked"] < COMPARE_SECONDS
        # One more round after the last container is gone: Redis may still have its try.
        if not (there or note["had"] or compare):
            return
        try:
            rows, tries = self.engine.ask([one.instance for one in there])
        except WatchError as error:
            self.note_silence(note, now, error)
            return
        findings = [task_containers.judge(one, rows) for one in there]
        seen = {one.container.id: note["seen"].get(one.container.id, now) for one in findings if one.leftover}
        notes.write(NOTE, {"asked": now, "silent": None, "had": bool(there), "seen": seen})
        if leftovers := task_containers.due(findings, seen, now, self.host.orphans["grace_period"]):
            self.remove(leftovers)
        if tries and (gone := task_containers.gone(tries, self.engine.containers(), rows)):
            self.engine.ask([], remove=gone)

    def note_silence(self, note: dict[str, Any], now: float, error: WatchError) -> None:
        """Record that the database did not answer.

        Raises:
            WatchError: It has not answered for long.
        """
        silent = now if note["silent"] is None else note["silent"]
        notes.write(NOTE, {**note, "silent": silent})
        text = f"containers of tasks are left alone, because the database cannot be asked about them: {error}"
        # Somebody may have stopped the database on purpose.
        paused = any(pause.covers("postgres") for pause in read_pauses(datetime.now(UTC), lambda _: None))
        if now - silent >= SILENT_SECONDS and not paused:
            raise WatchError(text)
        self.say(text)

    def remove(self, leftovers: Sequence[Finding]) -> None:
        """Stop and remove leftovers."""
        own = [one for one in leftovers if self.engine.is_own(one.container)]
        for one in own:
            self.say(f"removing {one.container.text()}; {one.reason}")
        self.engine.remove([one.container for one in own])
        ids = {one.container.id for one in own}
        for left in self.engine.containers():
            if left.id in ids:
                self.fail(f"{left.text()}: its try is over, but Docker does not remove it: docker rm -f {left.name}")

    def lines(self) -> list[str]:
        """Return a line for each container of a task, for people. Changes nothing.

        Raises:
            WatchError: Containers of tasks are not watched, or the database does not answer.
        """
        if not self.host.orphans:
            raise WatchError(
                "no containers of tasks are watched here: this host has no worker, or airflow_orphans_enabled is false"
            )
        there = self.engine.containers()
        rows, _ = self.engine.ask([one.instance for one in there]) if there else ({}, [])
        findings = [task_containers.judge(one, rows) for one in there]
        return [
            f"{'leftover' if one.leftover else 'left alone'}: {one.container.text()}; {one.reason}" for one in findings
        ]

    def forget(self, address: str) -> None:
        """Remove the tries of a host that is lost from Redis, so that later tries need not wait for it.

        Raises:
            WatchError: They are still there.
        """
        if not self.host.orphans or not self.host.orphans["spread"]:
            raise WatchError("only a stack on several hosts, on a host with a worker, has such tries")
        self.engine.ask([], forget=address)


def _note() -> dict[str, Any]:
    """Return the note of the last round; an empty one if it is missing or broken."""
    empty: dict[str, Any] = {"asked": -COMPARE_SECONDS, "silent": None, "had": False, "seen": {}}
    found = notes.read(NOTE)
    return found if isinstance(found, dict) and found.keys() == empty.keys() else empty
