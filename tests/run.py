"""`make test`, `make test-full`, `make molecule`: checks, contract of the images, scenarios, and a summary."""

from __future__ import annotations

import argparse
import re
import sys
import time
from functools import partial
from typing import TYPE_CHECKING, Any

import yaml

from tests import budget, tables
from tests.check import run_checks
from tests.lab.locks import alone
from tests.steps import ROOT, Result, Step, closing_line, run, show_failure, write_results

if TYPE_CHECKING:
    from collections.abc import Sequence

LOGS = ROOT / "build" / "test"
SCENARIOS = ROOT / "tests" / "scenarios.yml"
# Lines to show as progress: start and end of Molecule's phases, plays, failures and recaps of Ansible, the task of
# molecule/shared/pytest.yml that names its log, and failed tests.
PROGRESS = re.compile(
    r"> \w+\] Execut(ing|ed)|^PLAY \[|^TASK \[.*, log in |^fatal: |failed=|^tests/\S+ .*(FAILED|ERROR)"
)


# Environment variable with the Airflow release for the lab, the playbooks and the tests; unset means the default one.
RELEASE = "AIRFLOW_VERSION"
# Measures the speed of this machine.
YARDSTICK = Step("yardstick", ["ansible-playbook", "--inventory", "localhost,", "tests/yardstick.yml"])
# Word after a scenario's name: skip the verification steps that `make test` runs on another release.
SHORT = "short"
# Environment variable with the only test file of a scenario to run, without `test_` and `.py`; unset means all.
PART = "VERIFY_PART"
# Name of all steps of `make check` in tests/scenarios.yml, which run two at a time.
CHECK = "check"


def scenario_names(kind: str) -> list[str]:
    """Scenarios of `make test` (core) or all scenarios (full): name, release unless the default, and `short`."""
    core: list[str] = listed()["core"]
    names = core if kind == "core" else [*(name for name in core if SHORT not in name.split()), *listed()["full"]]
    return [entry for name in names for entry in with_releases(name, names)]


def with_releases(name: str, names: Sequence[str]) -> list[str]:
    """Expand an entry of the list of scenarios; `others` becomes one entry per other release."""
    scenario, _, release = name.partition(" ")
    if release != "others":
        return [name]
    return [entry for other in besides_the_default() if (entry := f"{scenario} {other}") not in names]


def besides_the_default() -> list[str]:
    """Tested releases of all series except for the default one."""
    return [release for release in tables.tested() if release != tables.default_release()]


def listed() -> dict[str, Any]:
    """Content of tests/scenarios.yml, with `newest` replaced by the newest tested release."""
    text = SCENARIOS.read_text(encoding="utf-8")
    found: dict[str, Any] = yaml.safe_load(re.sub(r"(?m)^((?!#).*)\bnewest\b", rf"\g<1>{tables.tested()[-1]}", text))
    return found


def scenario_step(entry: str) -> Step:
    """Step that runs the whole sequence of a scenario and always destroys its hosts at the end."""
    name, *words = entry.split()
    variables = dict(word_variable(name, word) for word in words)
    return Step(f"scenario {entry}", ["molecule", "test", "--scenario-name", name], variables=variables)


def word_variable(scenario: str, word: str) -> tuple[str, str]:
    """Environment variable for a word after a scenario's name: `short`, a part of its tests, or an Airflow release."""
    if word == SHORT:
        return "VERIFY_SHORT", "1"
    if (ROOT / "tests" / scenario / f"test_{word}.py").is_file():
        return PART, word
    return RELEASE, word


def image_steps(kind: str) -> list[Step]:
    """Steps that provide the images and run the tests that need images but no host."""
    chosen = ["-m", "not slow"] if kind == "core" else []
    steps = [
        Step("images", [sys.executable, "-m", "tests.lab", "images"]),
        pytest_step("image contract", "tests/lab/contract"),
        pytest_step("modules on Airflow", "tests/objects", *chosen),
    ]
    for release, tests in listed()["core_modules"].items() if kind == "core" else []:
        steps += [
            Step(f"images {release}", [sys.executable, "-m", "tests.lab", "images", "--airflow", release]),
            pytest_step(f"modules on Airflow {release}", tests, *chosen, release=release),
        ]
    for release in besides_the_default() if kind == "full" else []:
        steps += [
            Step(f"images {release}", [sys.executable, "-m", "tests.lab", "images", "--airflow", release]),
            pytest_step(f"image contract {release}", "tests/lab/contract/test_airflow.py", release=release),
            pytest_step(f"modules on Airflow {release}", "tests/objects", release=release),
        ]
    return steps


def pytest_step(name: str, *arguments: str, release: str = "") -> Step:
    """Step that runs pytest with a report of the number of tests."""
    junit = LOGS / f"{name.replace(' ', '_')}.xml"
    junit.unlink(missing_ok=True)
    argv = ["pytest", "-v", f"--junitxml={junit}", *arguments]
    return Step(name, argv, junit=junit, variables={RELEASE: release} if release else {})


def show_progress(started: float, line: str) -> None:
    """Print a line of a long step if it shows progress, with the time since the start."""
    text = line.rstrip()
    if PROGRESS.search(text):
        print(f"      {time.monotonic() - started:6.0f} s  {text[:150]}", flush=True)


def run_long(step: Step) -> Result:
    """Run a step that takes minutes, and show its progress."""
    print(f"....  {step.name} (log: build/test/{step.name.replace(' ', '_')}.log)", flush=True)
    result = run(step, LOGS, partial(show_progress, time.monotonic()))
    print(result.line(), flush=True)
    if not result.ok:
        show_failure(result)
    return result


def parsed() -> argparse.Namespace:
    """Parse the program's arguments; exits if the scenario does not exist."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("kind", choices=["core", "full", "scenario"], help="what to run")
    parser.add_argument("name", nargs="?", help="name of the scenario, for kind `scenario`")
    parser.add_argument("--release", help="Airflow release, for kind `scenario`; by default the default release")
    parser.add_argument("--part", help="test file of the scenario, without test_ and .py; by default all of them")
    arguments = parser.parse_args()
    if arguments.kind == "scenario" and not (arguments.name and (ROOT / "molecule" / arguments.name).is_dir()):
        there = ", ".join(scenario_names("full"))
        parser.error(f"no such scenario: {arguments.name}; there are: {there}")
    if arguments.part and word_variable(arguments.name or "", arguments.part)[0] != PART:
        parser.error(f"no such part: there is no file tests/{arguments.name}/test_{arguments.part}.py")
    return arguments


def long_steps(kind: str, *words: str) -> list[Step]:
    """Steps that take minutes, in the order of the run.

    Args:
        kind: `core`, `full` or `scenario`.
        words: For kind `scenario`, its name and further words as in tests/scenarios.yml; empty ones are left out.
    """
    if kind == "scenario":
        return [scenario_step(" ".join(filter(None, words)))]
    return [*image_steps(kind), *map(scenario_step, scenario_names(kind))]


def main() -> int:
    """Run as a program."""
    arguments = parsed()
    # Read the file before the first step, so that an error in it is not found only after 40 minutes.
    allowed = budget.read(listed()) if arguments.kind == "core" else None
    started = time.monotonic()
    results = [] if arguments.kind == "scenario" else run_checks()
    spent = {CHECK: time.monotonic() - started}
    # One test run at a time, because the end of the last scenario also removes what labs share: registry and engine.
    with alone("test-run", "test run"):
        speed = [run(YARDSTICK, LOGS)] if allowed else []
        for step in long_steps(arguments.kind, arguments.name, arguments.part, arguments.release):
            results.append(run_long(step))
            spent[step.name] = results[-1].seconds
        speed += [run(YARDSTICK, LOGS)] if allowed else []
    if allowed:
        results += [one for one in speed if not one.ok]
        allowed = allowed.on([one.seconds for one in speed])
        # The time budget excludes the wait for another test run on this machine.
        results.append(allowed.result(spent))
    write_results(LOGS / "results.json", results)
    print("\nSummary")
    for result in results:
        print(result.line())
    print(f"{arguments.kind}: {time.monotonic() - started:.0f} s")
    if allowed:
        seconds = ", ".join(f"{one.seconds:.1f} s" for one in speed)
        print(f"\nYardstick: {seconds}, recorded {allowed.yardstick:.1f} s")
        print("\n".join(["Minutes", *allowed.table(spent), allowed.problem(spent)]))
    print(closing_line(results))
    return 0 if all(result.ok for result in results) else 1


if __name__ == "__main__":
    sys.exit(main())
