"""Runs of `ansible-playbook`, with their results as data from the callback `ansible.posix.json`."""

from __future__ import annotations

import difflib
import json
import os
import re
import subprocess
import sys
import time
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tests.lab.names import REPO

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

ANSIBLE_PLAYBOOK = str(Path(sys.executable).with_name("ansible-playbook"))
CALLBACK = "ansible.posix.json"

Result = dict[str, Any]


@dataclass(frozen=True)
class Task:
    """One task of a run.

    Attributes:
        name: Name as Ansible shows it, with the role before it.
        results: Result of each host by the host's name. Ansible's `results` of a loop are in it.
        seconds: Time from the task's start to the last host's result.
    """

    name: str
    results: Mapping[str, Result]
    seconds: float

    def lines(self) -> Iterator[str]:
        """Yield what the default callback would show of the task: failures, messages of debug, diffs and warnings."""
        for host, whole in self.results.items():
            for result in whole.get("results") or [whole]:
                bad = _state(result) or (_state(whole) if result is whole else "")
                shown = bad or whole.get("action", "").endswith("debug")
                texts = [_text(result[key]) for key in ("msg", "stdout", "stderr") if result.get(key)] if shown else []
                texts += [*_diffs(result.get("diff")), *map(str, result.get("warnings") or [])]
                if texts:
                    yield f"{host}: {bad or 'ok'}: {self.name}"
                    yield from texts
            if _state(whole) and whole.get("results"):
                yield f"{host}: {_state(whole)}: {self.name}: {_text(whole.get('msg', ''))}"


@dataclass(frozen=True)
class Played:
    """One run of `ansible-playbook`.

    Attributes:
        code: Exit code.
        stdout: Standard output: the callback's JSON, behind what else was printed.
        stderr: Standard error: warnings and errors.
        seconds: Time that the run took.
    """

    code: int
    stdout: str
    stderr: str
    seconds: float

    @property
    def document(self) -> dict[str, Any]:
        """The callback's JSON; without plays and hosts if Ansible ended before it wrote any."""
        start = re.search(r"^\{$", self.stdout, re.MULTILINE)
        found: dict[str, Any] = json.loads(self.stdout[start.start() :]) if start else {"plays": [], "stats": {}}
        return found

    @property
    def tasks(self) -> list[Task]:
        """The tasks in their order."""
        return [
            Task(task["task"]["name"], task["hosts"], _seconds(task["task"].get("duration", {})))
            for play in self.document["plays"]
            for task in play["tasks"]
        ]

    @property
    def output(self) -> str:
        """Failures, messages, diffs, warnings and the hosts' statistics as text."""
        data = self.document
        lines = [line for task in self.tasks for line in task.lines()]
        lines += [f"{host}: {json.dumps(counts)}" for host, counts in data["stats"].items()]
        return "\n".join([*lines, self.stderr] if data["plays"] else [self.stdout, self.stderr])

    @property
    def changes(self) -> dict[str, int]:
        """Number of tasks that changed something, keyed by host."""
        return {host: counts["changed"] for host, counts in self.document["stats"].items()}

    @property
    def changed(self) -> int:
        """Number of tasks that changed something on the only host."""
        (count,) = self.changes.values()
        return count

    def ran(self, part: str) -> list[str]:
        """Return the names of tasks that contain a string and that a host ran, which means that it did not skip them.

        Args:
            part: Text of the name.
        """
        return [
            task.name
            for task in self.tasks
            if part in task.name and not all(result.get("skipped") for result in task.results.values())
        ]

    def result(self, name: str) -> Result:
        """Return the result of a task that one host ran.

        Args:
            name: The task's whole name.
        """
        found = [
            result
            for task in self.tasks
            if task.name == name
            for result in task.results.values()
            if not result.get("skipped")
        ]
        assert len(found) == 1, f"{len(found)} results of {name!r}\n{self.output}"
        return found[0]


def start(
    playbook: str, sources: Sequence[Path], *options: str, variables: Mapping[str, Any] | None = None
) -> subprocess.Popen[str]:
    """Start a playbook of this checkout in a session of its own; its results are data.

    Args:
        playbook: Path in the repository.
        sources: Inventories.
        options: Further options of `ansible-playbook`.
        variables: Extra variables.
    """
    argv = [ANSIBLE_PLAYBOOK, *(word for path in sources for word in ("-i", str(path))), "--diff", *options]
    argv += ["-e", json.dumps(variables or {}), str(REPO / playbook)]
    return subprocess.Popen(
        argv,
        env=environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


def environment() -> dict[str, str]:
    """Return the environment for Ansible in this checkout, without what Molecule sets for its own runs."""
    foreign = ("ANSIBLE_LOG_PATH", "ANSIBLE_FORCE_COLOR")
    kept = {name: value for name, value in os.environ.items() if name not in foreign}
    return {
        **kept,
        "ANSIBLE_CONFIG": str(REPO / "ansible.cfg"),
        "ANSIBLE_NOCOLOR": "1",
        "ANSIBLE_STDOUT_CALLBACK": CALLBACK,
    }


def finish(process: subprocess.Popen[str], started: float) -> Played:
    """Wait for a run to finish.

    Args:
        process: The run.
        started: `time.monotonic()` at its start.
    """
    stdout, stderr = process.communicate()
    return Played(process.returncode, stdout, stderr, time.monotonic() - started)


def _state(result: Result) -> str:
    """Return what is wrong with a result; an empty string if nothing is."""
    return "failed" if result.get("failed") else "unreachable" if result.get("unreachable") else ""


def _text(value: object) -> str:
    """Return a message, which may be a list."""
    return "\n".join(map(str, value)) if isinstance(value, list) else str(value)


def _diffs(diff: Any) -> Iterator[str]:
    """Yield the text of each diff of a result."""
    for part in diff if isinstance(diff, list) else [diff] if diff else []:
        if "prepared" in part:
            yield str(part["prepared"])
        else:
            before, after = (_lines(part.get(side)) for side in ("before", "after"))
            names = (part.get("before_header", ""), part.get("after_header", ""))
            yield "\n".join(difflib.unified_diff(before, after, *names, lineterm=""))


def _lines(side: Any) -> list[str]:
    """Return one side of a diff as lines."""
    return (side if isinstance(side, str) else json.dumps(side, indent=4, sort_keys=True)).splitlines() if side else []


def _seconds(duration: Mapping[str, str]) -> float:
    """Return the seconds between the two times of the callback."""
    if "end" not in duration:
        return 0.0
    first, last = (datetime.fromisoformat(duration[edge]) for edge in ("start", "end"))
    return (last - first).total_seconds()
