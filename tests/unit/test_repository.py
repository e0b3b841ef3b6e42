"""Rules for all files: nothing ties the project to one machine or one package registry, and lists are complete."""

from __future__ import annotations

import re
import subprocess
from functools import cache
from pathlib import Path

import pytest
import yaml

from tests import run, tables

ROOT = Path(__file__).resolve().parents[2]
# Strings are concatenated, so that this file passes its own test. Docker's own package repository is a documented
# choice of roles/docker and therefore not listed.
REGISTRIES = [
    r"pypi\." + "org",
    "python" + r"hosted\.org",
    r"deb\." + r"debian\.org",
    r"security\." + r"debian\.org",
    r"archive\." + r"ubuntu\.com",
    r"registry\." + r"npmjs\.org",
]
MACHINE_PATHS = [
    r"(?<![\w/.-])/" + r"work/(main|shared)\b",
    r"(?<![\w/.-])/" + r"root/\.",
    r"(?<![\w/.-])/" + r"opt/(pypi|wheels)",
    r"(?<![\w/.-])/" + r"tmp/lab-",
]


@cache
def texts() -> dict[str, str]:
    """Every text file that is or could be committed."""
    argv = ["git", "ls-files", "--cached", "--others", "--exclude-standard"]
    names = subprocess.run(argv, cwd=ROOT, check=True, capture_output=True, text=True).stdout.splitlines()
    found = {}
    for name in names:
        path = ROOT / name
        if path.is_file() and not path.is_symlink():
            data = path.read_bytes()
            if b"\0" not in data:
                found[name] = data.decode("utf-8")
    return found


def places(pattern: str) -> list[str]:
    """`file:line: text` of all matches."""
    regex = re.compile(pattern)
    return [
        f"{name}:{number}: {line.strip()}"
        for name, text in texts().items()
        for number, line in enumerate(text.splitlines(), 1)
        if regex.search(line)
    ]


@pytest.mark.parametrize("pattern", REGISTRIES)
def test_no_file_names_a_package_registry(pattern: str) -> None:
    assert places(pattern) == []


@pytest.mark.parametrize("pattern", MACHINE_PATHS)
def test_no_file_names_a_path_of_one_machine(pattern: str) -> None:
    assert places(pattern) == []


def test_no_role_uses_set_filters_on_lists() -> None:
    """Ansible's set filters return a different order on each run; select('in', ...) keeps the order."""
    found = places(r"""(\| *|map\(')(intersect|difference|union|symmetric_difference)\b""")
    assert [place for place in found if place.startswith(("roles/", "playbooks/"))] == []


def test_no_run_once_task_ends_the_run_silently() -> None:
    """With run_once and ignore_unreachable, Ansible treats an unreachable host as an error of all and says nothing."""
    silent = [
        f"{path.relative_to(ROOT)}: {task['name']}"
        for path in (ROOT / "roles").glob("*/tasks/*.yml")
        for task in yaml.safe_load(path.read_text(encoding="utf-8")) or []
        if task.get("run_once") and task.get("ignore_unreachable") and not task.get("ignore_errors")
    ]
    assert silent == []


def test_text_files_end_with_one_newline() -> None:
    wrong = [name for name, text in texts().items() if text and (not text.endswith("\n") or text.endswith("\n\n"))]
    assert wrong == []


def test_every_scenario_is_in_the_list_of_scenarios() -> None:
    """`make test` runs the scenarios in tests/scenarios.yml; one missing there would never run."""
    listed = yaml.safe_load((ROOT / "tests" / "scenarios.yml").read_text(encoding="utf-8"))
    named = {entry.split()[0] for entry in (*listed["core"], *listed["full"])}
    assert sorted(named) == sorted(path.parent.name for path in (ROOT / "molecule").glob("*/molecule.yml"))


def test_every_tested_release_is_tested() -> None:
    """`make test-full` tests the images, the modules and a whole stack for the tested release of each row."""
    steps = [step.name for step in run.long_steps("full")]
    for release in tables.tested():
        for step in ("image contract", "modules on Airflow", "scenario default"):
            assert steps.count(step if release == tables.default_release() else f"{step} {release}") == 1


def test_changelog_fragments_use_known_sections() -> None:
    config = yaml.safe_load((ROOT / "changelogs" / "config.yaml").read_text(encoding="utf-8"))
    known = {"release_summary", "trivial", *(section for section, _title in config["sections"])}
    used = set()
    for fragment in (ROOT / "changelogs" / "fragments").glob("*.yml"):
        used |= set(yaml.safe_load(fragment.read_text(encoding="utf-8")))
    assert used <= known


def test_every_make_target_has_a_help_line() -> None:
    targets = re.findall(r"^([a-z][\w-]*):(.*)$", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)
    assert [name for name, rest in targets if "##" not in rest] == []


def test_problems_are_joined_in_double_quoted_strings() -> None:
    """In a YAML block scalar, Ansible reads a backslash in a template literally, so all problems would share a line."""
    files = [*(ROOT / "roles").rglob("*.yml"), *(ROOT / "playbooks").rglob("*.yml")]
    joined = [
        line.strip() for file in files for line in file.read_text(encoding="utf-8").splitlines() if "join('\\n" in line
    ]
    assert joined
    assert [line for line in joined if not re.match(r'\w+: "', line)] == []
