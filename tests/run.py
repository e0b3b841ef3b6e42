"""`make test`, `make test-full`, `make molecule`: checks, contract of the images, scenarios; at the end a line each."""

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
# What molecule says when a phase of a scenario starts and ends, what Ansible says at the end of one, and the task of
# molecule/shared/pytest.yml that names its log.
PROGRESS = re.compile(
    r"> \w+\] Execut(ing|ed)|^PLAY \[|^TASK \[.*, log in |^fatal: |failed=|^tests/\S+ .*(FAILED|ERROR)"
)


# What tells the lab, our playbooks and the tests which release of Airflow is meant; without it the default's.
RELEASE = "AIRFLOW_VERSION"
# How fast this machine is.
YARDSTICK = Step("yardstick", ["ansible-playbook", "--inventory", "localhost,", "tests/yardstick.yml"])
# After a scenario's name: its verification leaves out what `make test` shows on another release.
SHORT = "short"
# What tests/scenarios.yml calls the steps of `make check`, which run two at a time.
CHECK = "check"


def scenario_names(kind: str) -> list[str]:
    """The scenarios of `make test` (core) or of all (full): a name, a release if not the default's, and `short`."""
    core: list[str] = listed()["core"]
    names = core if kind == "core" else [*(name for name in core if SHORT not in name.split()), *listed()["full"]]
    return [entry for name in names for entry in with_releases(name, names)]


def with_releases(name: str, names: Sequence[str]) -> list[str]:
    """An entry of the list of scenarios; one of the other releases is an entry for each of them."""
    scenario, _, release = name.partition(" ")
    if release != "others":
        return [name]
    return [entry for other in besides_the_default() if (entry := f"{scenario} {other}") not in names]


def besides_the_default() -> list[str]:
    """The tested releases of all series but the default's."""
    return [release for release in tables.tested() if release != tables.default_release()]


def listed() -> dict[str, Any]:
    """What tests/scenarios.yml holds, with the newest tested release by its number."""
    text = SCENARIOS.read_text(encoding="utf-8")
    found: dict[str, Any] = yaml.safe_load(re.sub(r"(?m)^((?!#).*)\bnewest\b", rf"\g<1>{tables.tested()[-1]}", text))
    return found


def scenario_step(entry: str) -> Step:
    """The whole sequence of one scenario, its hosts destroyed at the end whatever happens."""
    name, *words = entry.split()
    variables = dict(("VERIFY_SHORT", "1") if word == SHORT else (RELEASE, word) for word in words)
    return Step(f"scenario {entry}", ["molecule", "test", "--scenario-name", name], variables=variables)


def image_steps(kind: str) -> list[Step]:
    """Provide the images; then what is tested on them without a host."""
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
    """The tests of a directory, with a report of how many there are."""
    junit = LOGS / f"{name.replace(' ', '_')}.xml"
    junit.unlink(missing_ok=True)
    argv = ["pytest", "-v", f"--junitxml={junit}", *arguments]
    return Step(name, argv, junit=junit, variables={RELEASE: release} if release else {})


def show_progress(started: float, line: str) -> None:
    """Print those lines of a long step that say where it is, with the time since its start."""
    text = line.rstrip()
    if PROGRESS.search(text):
        print(f"      {time.monotonic() - started:6.0f} s  {text[:150]}", flush=True)


def run_long(step: Step) -> Result:
    """Run a step that takes minutes, and show where it is."""
    print(f"....  {step.name} (log: build/test/{step.name.replace(' ', '_')}.log)", flush=True)
    result = run(step, LOGS, partial(show_progress, time.monotonic()))
    print(result.line(), flush=True)
    if not result.ok:
        show_failure(result)
    return result


def parsed() -> argparse.Namespace:
    """The arguments of the program; a scenario that does not exist ends it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("kind", choices=["core", "full", "scenario"], help="what to run")
    parser.add_argument("name", nargs="?", help="the scenario, for the kind `scenario`")
    parser.add_argument("--release", help="the release of Airflow, for the kind `scenario`; the default's without it")
    arguments = parser.parse_args()
    if arguments.kind == "scenario" and not (arguments.name and (ROOT / "molecule" / arguments.name).is_dir()):
        there = ", ".join(scenario_names("full"))
        parser.error(f"no such scenario: {arguments.name}; there are: {there}")
    return arguments


def long_steps(kind: str, name: str = "", release: str = "") -> list[Step]:
    """The steps that take minutes, in their order.

    Args:
        kind: `core`, `full` or `scenario`.
        name: The scenario, for the kind `scenario`.
        release: Its release of Airflow; empty means the default's.
    """
    if kind == "scenario":
        return [scenario_step(" ".join(filter(None, [name, release])))]
    return [*image_steps(kind), *map(scenario_step, scenario_names(kind))]


def main() -> int:
    """Run as a program."""
    arguments = parsed()
    # Read before the first step: a mistake in the file must not show up after 40 minutes.
    allowed = budget.read(listed()) if arguments.kind == "core" else None
    started = time.monotonic()
    results = [] if arguments.kind == "scenario" else run_checks()
    spent = {CHECK: time.monotonic() - started}
    # The last scenario's end also removes what the lab's instances share: registry, network, engine.
    with alone("test-run", "test run"):
        speed = [run(YARDSTICK, LOGS)] if allowed else []
        for step in long_steps(arguments.kind, arguments.name, arguments.release):
            results.append(run_long(step))
            spent[step.name] = results[-1].seconds
        speed += [run(YARDSTICK, LOGS)] if allowed else []
    if allowed:
        results += [one for one in speed if not one.ok]
        allowed = allowed.on([one.seconds for one in speed])
        # Time spent waiting for another test run of this machine is not part of it.
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
