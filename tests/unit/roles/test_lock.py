"""The lock of a run that has several playbooks on its command line."""

from __future__ import annotations

import json
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from tests.lab.names import REPO
from tests.support.ansible import ANSIBLE_PLAYBOOK, environment, finish

ROLE = "ansible_airflow.airflow.airflow_lock"


def playbook(name: str, *entries: str) -> list[dict[str, object]]:
    """Return a playbook whose plays are entry points of the role."""
    plays = [
        {
            "name": entry,
            "ansible.builtin.import_role": {"name": ROLE, "tasks_from": entry},
            "vars": {"airflow_lock_playbook": name},
        }
        for entry in entries
    ]
    return [{"hosts": "all", "gather_facts": False, "tasks": [play]} for play in plays]


def test_a_second_playbook_is_not_overtaken_by_the_first(tmp_path: Path) -> None:
    books = {"site": ("seen", "main", "unlock"), "rollback_airflow_dags": ("main", "unlock")}
    for name, entries in books.items():
        (tmp_path / f"{name}.yml").write_text(yaml.safe_dump(playbook(name, *entries)), encoding="utf-8")
    lock = tmp_path / "records" / "lock.json"
    given = {"__airflow_lock_path": str(lock), "ansible_become": False}
    argv = [ANSIBLE_PLAYBOOK, "-i", "here,", "-c", "local", "-e", json.dumps(given), *(f"{name}.yml" for name in books)]
    process = subprocess.Popen(
        argv, env=environment(), cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    run = finish(process, time.monotonic())
    assert run.code == 0, run.stdout + run.stderr
    assert not lock.exists()
    # Both acquired it, each for itself. The last of the callback's documents has the plays of both.
    last = run.stdout[run.stdout.rindex("\n{\n") :]
    assert last.count('"name": "ansible_airflow.airflow.airflow_lock : lock | Lock the stack"') == len(books)


def run_upgrade(tmp_path: Path, options: list[str]) -> subprocess.CompletedProcess[str]:
    """Run a playbook with the lock of an upgrade, which only works as a whole."""
    plays = [{**play, "tags": "always"} for play in playbook("upgrade_airflow", "main", "unlock")]
    (tmp_path / "upgrade_airflow.yml").write_text(yaml.safe_dump(plays), encoding="utf-8")
    given = {"__airflow_lock_path": str(tmp_path / "records" / "lock.json"), "ansible_become": False}
    argv = [ANSIBLE_PLAYBOOK, "-i", "here,", "-c", "local", "-e", json.dumps(given), "upgrade_airflow.yml", *options]
    return subprocess.run(argv, env=environment(), cwd=tmp_path, capture_output=True, text=True, check=False)


@pytest.mark.parametrize(
    "options", [["--tags", "airflow_stack"], ["--skip-tags", "airflow_dags"], ["--skip-tags", "untagged,mine"]]
)
def test_a_part_of_a_playbook_that_works_as_a_whole_is_refused(tmp_path: Path, options: list[str]) -> None:
    run = run_upgrade(tmp_path, options)
    assert run.returncode != 0
    assert "playbooks/upgrade_airflow.yml only works as a whole: run it without --tags and --skip-tags" in run.stdout
    assert not (tmp_path / "records" / "lock.json").exists()


@pytest.mark.parametrize("tags", ["molecule-notest,notest", "mine"])
def test_skipped_tags_that_leave_nothing_out_are_accepted(tmp_path: Path, tags: str) -> None:
    # Molecule skips these two in each of its runs.
    run = run_upgrade(tmp_path, ["--skip-tags", tags])
    assert run.returncode == 0, run.stdout


def test_all_tags_of_the_playbooks_are_known() -> None:
    used: set[str] = set()
    for path in [*REPO.glob("playbooks/*.yml"), *REPO.glob("roles/*/tasks/**/*.yml"), *REPO.glob("roles/*/handlers/*")]:
        for entry in yaml.safe_load(path.read_text(encoding="utf-8")) or []:
            used |= set(tags(entry))
    known = yaml.safe_load((REPO / "roles/airflow_lock/vars/main.yml").read_text(encoding="utf-8"))
    assert used
    assert set(known["__airflow_lock_tags"]) == used | {"all", "tagged", "untagged"}


def tags(value: object) -> Iterator[str]:
    """Yield the tags of a play or task, and of the tasks in it."""
    if isinstance(value, list):
        for item in value:
            yield from tags(item)
    elif isinstance(value, dict):
        found = value.get("tags", [])
        yield from [found] if isinstance(found, str) else found
        for key in ("tasks", "pre_tasks", "post_tasks", "roles", "handlers", "block", "rescue", "always"):
            yield from tags(value.get(key))
