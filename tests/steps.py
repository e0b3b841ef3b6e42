"""Steps of checks and test runs: commands with a name, a log, a duration and a result."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
import xml.etree.ElementTree as ET
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

ROOT = Path(__file__).resolve().parents[1]
VENV_BIN = Path(sys.executable).parent


@dataclass(frozen=True)
class Step:
    """One command.

    Args:
        name: Name of the step and of its log file.
        argv: Command line.
        junit: JUnit report with the number of tests, if the command is a test runner.
        variables: Additional environment variables.
    """

    name: str
    argv: Sequence[str]
    junit: Path | None = None
    variables: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Result:
    """Result of a step. A step that is not a test runner counts as one test."""

    name: str
    ok: bool
    seconds: float
    passed: int
    failed: int
    log: str

    def line(self) -> str:
        """One-line summary of the result."""
        tests = f"  {self.passed} passed, {self.failed} failed" if self.passed + self.failed > 1 else ""
        return f"{'ok  ' if self.ok else 'FAIL'}  {self.name:<28} {self.seconds:7.1f} s{tests}"


def environment() -> dict[str, str]:
    """This process's environment with the virtualenv's programs first in PATH, as after its activation."""
    path = os.pathsep.join([str(VENV_BIN), os.environ.get("PATH", "")])
    return {
        **os.environ,
        "PATH": path,
        "ANSIBLE_CONFIG": str(ROOT / "ansible.cfg"),
        "PYTHONUNBUFFERED": "1",
        "MOLECULE_COMMAND_BORDERS": "false",
    }


def run(step: Step, logs: Path, on_line: Callable[[str], None] | None = None) -> Result:
    """Run the step in the root of the repository, with its output in a log of its name.

    Args:
        step: The command.
        logs: Directory of the logs.
        on_line: Called with every line of output, to show the progress of long steps.

    Returns:
        The result; a program that cannot be started is a failed step, not an exception.
    """
    logs.mkdir(parents=True, exist_ok=True)
    log = logs / f"{step.name.replace(' ', '_')}.log"
    started = time.monotonic()
    with log.open("w", encoding="utf-8") as out:
        try:
            process = subprocess.Popen(
                step.argv,
                cwd=ROOT,
                # No colours in logs.
                env={**environment(), "NO_COLOR": "1", "ANSIBLE_NOCOLOR": "1", **step.variables},
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
                errors="replace",
            )
        except OSError as error:
            out.write(f"{error}\n")
            code = 127
        else:
            for line in process.stdout or ():
                out.write(line)
                out.flush()
                if on_line:
                    on_line(line)
            code = process.wait()
    passed, failed = _counts(step, ok=code == 0)
    return Result(step.name, code == 0, time.monotonic() - started, passed, failed, str(log.relative_to(ROOT)))


def _counts(step: Step, *, ok: bool) -> tuple[int, int]:
    """Numbers of passed and failed tests; a failed step has at least one failed test."""
    if step.junit is None or not step.junit.exists():
        return (1, 0) if ok else (0, 1)
    suites = ET.parse(step.junit).getroot().iter("testsuite")  # noqa: S314  # pytest's own file
    totals = {"tests": 0, "failures": 0, "errors": 0, "skipped": 0}
    for suite in suites:
        for key in totals:
            totals[key] += int(suite.get(key, "0"))
    failed = totals["failures"] + totals["errors"]
    if not ok:
        failed = max(failed, 1)
    return max(totals["tests"] - totals["skipped"] - failed, 0), failed


def show_failure(result: Result, lines: int = 120) -> None:
    """Print the end of a failed step's log."""
    text = (ROOT / result.log).read_text(encoding="utf-8", errors="replace").splitlines()
    print(f"----- {result.name}: the end of {result.log}")
    print("\n".join(text[-lines:]))
    print("-----", flush=True)


def write_results(path: Path, results: Sequence[Result]) -> None:
    """Write the results as JSON."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps([asdict(result) for result in results], indent=2) + "\n", encoding="utf-8")


def closing_line(results: Sequence[Result]) -> str:
    """`N passed, N failed` over all tests of all steps."""
    return f"{sum(r.passed for r in results)} passed, {sum(r.failed for r in results)} failed"
