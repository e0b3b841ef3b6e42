"""`make check`: all fast checks, two steps at a time. Names of steps as arguments select steps."""

from __future__ import annotations

import argparse
import sys
import time
from concurrent.futures import ThreadPoolExecutor, as_completed

from tests.steps import ROOT, Result, Step, closing_line, run, show_failure, write_results

LOGS = ROOT / "build" / "check"
UNIT = "tests/unit"
PLUGINS = f"{UNIT}/plugins"


def steps() -> list[Step]:
    """All steps, longest first."""
    playbooks = ["site.yml", *sorted(str(p.relative_to(ROOT)) for p in (ROOT / "playbooks").glob("*.yml"))]
    scripts = [str(p.relative_to(ROOT)) for p in [*sorted((ROOT / "tests").rglob("*.sh")), ROOT / ".ci" / "run"]]
    inventories = sorted(p.name for p in (ROOT / "inventories").iterdir() if (p / "hosts.yml").exists())
    return [
        Step("ansible-lint", ["ansible-lint", "--nocolor"]),
        # Two steps, which take about the same time.
        unit_step("unit tests", UNIT, f"--ignore={PLUGINS}"),
        unit_step("unit tests of plugins", PLUGINS),
        *(
            Step(f"syntax {name}", ["ansible-playbook", "--syntax-check", "-i", f"inventories/{name}", *playbooks])
            for name in inventories
        ),
        Step("sanity", [sys.executable, "-m", "tests.sanity"]),
        Step("mypy", ["mypy"]),
        Step("yamllint", ["yamllint", "--strict", "."]),
        Step("ruff check", ["ruff", "check", "--output-format", "concise", "."]),
        Step("ruff format", ["ruff", "format", "--check", "."]),
        Step("generated docs", [sys.executable, "-m", "tests.docs", "--check"]),
        # One bash per script, because bash -n reads only its first argument.
        *(Step(f"bash -n {script}".replace("/", " "), ["bash", "-n", script]) for script in scripts),
    ]


def unit_step(name: str, *arguments: str) -> Step:
    """Step that runs pytest with a report of the number of tests."""
    junit = LOGS / f"{name.replace(' ', '_')}.xml"
    return Step(name, ["pytest", "-q", f"--junitxml={junit}", *arguments], junit=junit)


def run_checks(only: list[str] | None = None) -> list[Result]:
    """Run the steps, print a line when each ends and, at the end, the logs of failed steps."""
    chosen = [step for step in steps() if not only or step.name in only]
    results = []
    for step in chosen:
        if step.junit:
            step.junit.unlink(missing_ok=True)
    with ThreadPoolExecutor(max_workers=2) as pool:
        for future in as_completed([pool.submit(run, step, LOGS) for step in chosen]):
            results.append(future.result())
            print(results[-1].line(), flush=True)
    for result in results:
        if not result.ok:
            show_failure(result)
    return results


def main() -> int:
    """Run as a program."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("step", nargs="*", help="names of steps as shown in the output; all steps by default")
    arguments = parser.parse_args()
    unknown = set(arguments.step) - {step.name for step in steps()}
    if unknown:
        parser.error(f"no such step: {', '.join(sorted(unknown))}; there are: {', '.join(s.name for s in steps())}")
    started = time.monotonic()
    results = run_checks(arguments.step)
    write_results(LOGS / "results.json", results)
    print(f"check: {time.monotonic() - started:.0f} s")
    print(closing_line(results))
    return 0 if all(result.ok for result in results) else 1


if __name__ == "__main__":
    sys.exit(main())
