"""Why the health check of a service fails. The kind of reason decides whether a restart can help."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable

PROC = Path("/proc")
# Docker's words about a check that it had to end.
ENDED = "Health check exceeded timeout"
# Part of the name of the processes in which a worker's tasks run, and of no other one.
POOL = "ForkPoolWorker-"


class Evidence(NamedTuple):
    """The kind of reason, the text for people, and the server that is away, if that is the reason."""

    kind: str
    text: str
    server: str = ""


def parse(said: str) -> Evidence:
    """Return what the last line of a failed check says: health.py and health.sh print `KIND: text`."""
    if said.startswith(ENDED):
        # The check gives up before: it did not get that far, which says nothing about the service.
        return Evidence("slow", said)
    found = re.fullmatch(r"([a-z]+): (.*)", said, re.DOTALL)
    if not found:
        # Such as a check that Docker could not start.
        return Evidence("unknown", said)
    kind, text = found.groups()
    return Evidence(kind, text, text.partition(":")[0] if kind == "away" else "")


class Process(NamedTuple):
    """A process; ``state`` is a letter of proc(5), such as T for one stopped by SIGSTOP."""

    pid: int
    parent: int
    state: str
    name: str


def processes() -> list[Process]:
    """Return the host's processes, which include those in containers."""
    found = []
    for path in PROC.glob("[0-9]*"):
        try:
            stat = (path / "stat").read_text(encoding="utf-8", errors="replace")
            line = (path / "cmdline").read_text(encoding="utf-8", errors="replace")
        except OSError:
            # It has ended.
            continue
        state, parent = stat.rpartition(")")[2].split()[:2]
        found.append(Process(int(path.name), int(parent), state, line.replace("\0", " ")))
    return found


def below(pid: int, found: Iterable[Process]) -> list[Process]:
    """Return a process and all its descendants, except processes that run a worker's tasks."""
    children: dict[int, list[Process]] = {}
    known = []
    for one in found:
        children.setdefault(one.parent, []).append(one)
        known += [one] if one.pid == pid else []
    for one in known:
        known += [] if POOL in one.name else children.get(one.pid, [])
    return known


def stopped(pid: int, found: Iterable[Process]) -> list[int]:
    """Return the processes of a container that SIGSTOP stopped. Tasks may stop processes of their own."""
    return [one.pid for one in below(pid, found) if one.state == "T"]


def tasks(pid: int, found: Iterable[Process]) -> int | None:
    """Return the number of tasks that a container runs; None if it is no worker."""
    found = list(found)
    pool = {one.pid for one in below(pid, found) if POOL in one.name}
    return sum(one.parent in pool for one in found) if pool else None
