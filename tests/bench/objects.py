"""Airflow's objects: our modules against the plain loop of Airflow's own command line."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from statistics import mean, median
from typing import Any

from tests.bench.entry import Group, Measured
from tests.objects.stack import PROJECT, Stack, play

RUNS = 3
LOOPED = 20
CHANGES = ("create", "unchanged", "one_change")

Entry = dict[str, Any]


@dataclass(frozen=True)
class Kind:
    """A kind of objects.

    Args:
        option: The kind's name, of its module and of the module's option.
        count: How many objects are managed.
        entry: The first object; the others differ in its key.
        key: The key that names an object.
        change: What is changed in one of them.
        loop: Airflow's command that makes one object, with `{name}` for its name.
    """

    option: str
    count: int
    entry: Mapping[str, Any]
    key: str
    change: Mapping[str, Any]
    loop: Sequence[str]

    def entries(self) -> list[Entry]:
        """The objects."""
        return [{**self.entry, self.key: f"object{number}"} for number in range(self.count)]

    def names(self) -> list[str]:
        """Names of what is measured."""
        return [f"{self.option}_{self.count}_{change}_seconds" for change in CHANGES]


CONNECTION = {
    "conn_type": "http",
    "host": "api.example.com",
    "login": "reader",
    "password": "p",
    "extra": {"timeout": 10},
}
ADD_CONNECTION = ("connections", "add", "{name}", "--conn-type", "http", "--conn-host", "api.example.com")
KINDS = [
    Kind("connections", 500, CONNECTION, "conn_id", {"host": "other.example.com"}, ADD_CONNECTION),
    Kind("variables", 500, {"value": {"n": 1}}, "key", {"value": "other"}, ("variables", "set", "{name}", "text")),
    Kind("pools", 50, {"slots": 3, "description": "p"}, "name", {"slots": 4}, ("pools", "set", "{name}", "3", "p")),
]


@contextmanager
def airflow() -> Iterator[Stack]:
    """An Airflow of its own, gone afterwards."""
    subprocess.run([sys.executable, "-m", "tests.lab", "images"], check=True)
    stack = Stack()
    try:
        stack.up()
        yield stack
    finally:
        stack.down()


def measure(kind: Kind) -> list[Measured]:
    """Create the objects, find them unchanged, change one, some times over; and the same by a loop."""
    before = kind.entries()
    after = [{**before[0], **kind.change}, *before[1:]]
    seconds: dict[str, list[float]] = {change: [] for change in CHANGES}
    with airflow() as stack:
        for _ in range(RUNS):
            stack.clear()
            played = play(*(task(kind, entries) for entries in (before, before, after)))
            starts = [result.get("starts") for result in played.results]
            if starts != [2, 1, 2]:
                raise RuntimeError(f"the modules did not do what is measured: {played.output[-2000:]}")
            for change, taken in zip(CHANGES, played.seconds, strict=True):
                seconds[change].append(taken)
        stack.clear()
        command = [word.format(name=f"looped{number}") for number in range(LOOPED) for word in kind.loop]
        one = mean(timed(stack, command[at : at + len(kind.loop)]) for at in range(0, len(command), len(kind.loop)))
    loop = one * kind.count
    return [
        Measured(
            name,
            "seconds",
            ours := median(seconds[change]),
            loop,
            RUNS,
            note(kind, ours, one),
        )
        for name, change in zip(kind.names(), CHANGES, strict=True)
    ]


def note(kind: Kind, ours: float, one: float) -> str:
    """What the figures are: ours in starts of Airflow's command, and what the loop is."""
    command = f"`airflow {' '.join(kind.loop[:2])}`"
    return f"{ours / one:.1f} times one {command}, which the loop calls for each: {one:.1f} s, measured on {LOOPED}"


def task(kind: Kind, entries: list[Entry]) -> dict[str, Any]:
    """A task that calls the kind's module."""
    return {
        "name": kind.option,
        f"ansible_airflow.airflow.airflow_{kind.option}": {kind.option: entries, "project": PROJECT},
    }


def timed(stack: Stack, command: Sequence[str]) -> float:
    """Seconds that one of Airflow's commands takes, from outside its container."""
    started = time.monotonic()
    stack.inside("airflow", *command)
    return time.monotonic() - started


GROUPS = [Group(kind.names(), partial(measure, kind)) for kind in KINDS]
