"""Airflow's objects: our modules compared with a loop over Airflow's own command line."""

from __future__ import annotations

import json
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
# Changes that one `airflow KIND import` makes too. In Airflow 2.5 `connections import` skips existing connections.
IMPORTED = ("create", "unchanged")
IMPORT_FILE = "/tmp/import.json"

Entry = dict[str, Any]


@dataclass(frozen=True)
class Kind:
    """A kind of objects.

    Args:
        option: Name of the kind, of its module and of the module's option.
        count: Number of managed objects.
        entry: The first object; the others differ in its key.
        key: Key that holds the name of an object.
        change: Values that are changed in one object.
        loop: Airflow command that creates one object, with `{name}` for its name.
    """

    option: str
    count: int
    entry: Mapping[str, Any]
    key: str
    change: Mapping[str, Any]
    loop: Sequence[str]

    def entries(self) -> list[Entry]:
        """All objects."""
        return [{**self.entry, self.key: f"object{number}"} for number in range(self.count)]

    def names(self) -> list[str]:
        """Return the names of the measurements: against a loop, and against one import."""
        loops = [f"{self.option}_{self.count}_{change}_seconds" for change in CHANGES]
        return loops + [f"{self.option}_{self.count}_{change}_import_seconds" for change in IMPORTED]

    def import_file(self) -> str:
        """Return the JSON file that `airflow KIND import` reads, with all objects."""
        fields = {entry[self.key]: {k: v for k, v in entry.items() if k != self.key} for entry in self.entries()}
        if self.option == "variables":
            return json.dumps({name: entry["value"] for name, entry in fields.items()})
        return json.dumps(fields)


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
    """Start a separate Airflow stack, and remove it afterwards."""
    subprocess.run([sys.executable, "-m", "tests.lab", "images"], check=True)
    stack = Stack()
    try:
        stack.up()
        yield stack
    finally:
        stack.down()


def measure(kind: Kind) -> list[Measured]:
    """Create the objects, run again unchanged, and change one, several times; measure the loop as well."""
    before = kind.entries()
    after = [{**before[0], **kind.change}, *before[1:]]
    seconds: dict[str, list[float]] = {change: [] for change in CHANGES}
    with airflow() as stack:
        for _ in range(RUNS):
            stack.clear()
            played = play(*(task(kind, entries) for entries in (before, before, after)))
            starts = [result.get("starts") for result in played.results]
            if starts != [2, 1, 2]:
                raise RuntimeError(f"the modules started Airflow {starts} times, not 2, 1, 2: {played.output[-2000:]}")
            for change, taken in zip(CHANGES, played.seconds, strict=True):
                seconds[change].append(taken)
        imports = [import_twice(kind, stack) for _ in range(RUNS)]
        stack.clear()
        command = [word.format(name=f"looped{number}") for number in range(LOOPED) for word in kind.loop]
        one = mean(timed(stack, command[at : at + len(kind.loop)]) for at in range(0, len(command), len(kind.loop)))
    ours = {change: median(seconds[change]) for change in CHANGES}
    loops = [(ours[change], one * kind.count, note(kind, ours[change], one)) for change in CHANGES]
    files = [
        (ours[change], median(taken), import_note(kind))
        for change, taken in zip(IMPORTED, zip(*imports, strict=True), strict=True)
    ]
    return [
        Measured(name, "seconds", value, reference, RUNS, text)
        for name, (value, reference, text) in zip(kind.names(), loops + files, strict=True)
    ]


def import_twice(kind: Kind, stack: Stack) -> tuple[float, float]:
    """Return the seconds of one import of all objects into an empty Airflow, and of the same import again."""
    stack.clear()
    stack.inside("bash", "-c", f'printf %s "$1" > {IMPORT_FILE}', "bash", kind.import_file())
    command = ("airflow", kind.option, "import", IMPORT_FILE)
    return timed(stack, command[1:]), timed(stack, command[1:])


def note(kind: Kind, ours: float, one: float) -> str:
    """Explain a comparison with the loop."""
    command = f"`airflow {' '.join(kind.loop[:2])}`"
    return f"{ours / one:.1f} times one {command} ({one:.1f} s, mean of {LOOPED}), which the loop runs for each object"


def import_note(kind: Kind) -> str:
    """Explain a comparison with one import of a file."""
    return f"against one `airflow {kind.option} import` of a file with all of them, in a running container"


def task(kind: Kind, entries: list[Entry]) -> dict[str, Any]:
    """A task that calls the kind's module."""
    return {
        "name": kind.option,
        f"ansible_airflow.airflow.airflow_{kind.option}": {kind.option: entries, "project": PROJECT},
    }


def timed(stack: Stack, command: Sequence[str]) -> float:
    """Seconds of an Airflow command, measured outside of its container."""
    started = time.monotonic()
    stack.inside("airflow", *command)
    return time.monotonic() - started


GROUPS = [Group(kind.names(), partial(measure, kind)) for kind in KINDS]
