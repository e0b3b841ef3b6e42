"""The lock of a run that has several playbooks on its command line."""

from __future__ import annotations

import json
import subprocess
import time
from pathlib import Path

import pytest
import yaml

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


@pytest.mark.parametrize("options", [["--tags", "airflow_stack"], ["--skip-tags", "airflow_dags"]])
def test_a_part_of_a_playbook_that_works_as_a_whole_is_refused(tmp_path: Path, options: list[str]) -> None:
    plays = [{**play, "tags": "always"} for play in playbook("upgrade_airflow", "main", "unlock")]
    (tmp_path / "upgrade_airflow.yml").write_text(yaml.safe_dump(plays), encoding="utf-8")
    lock = tmp_path / "records" / "lock.json"
    given = {"__airflow_lock_path": str(lock), "ansible_become": False}
    argv = [ANSIBLE_PLAYBOOK, "-i", "here,", "-c", "local", "-e", json.dumps(given), "upgrade_airflow.yml", *options]
    run = subprocess.run(argv, env=environment(), cwd=tmp_path, capture_output=True, text=True, check=False)
    assert run.returncode != 0
    assert "playbooks/upgrade_airflow.yml only works as a whole: run it without --tags and --skip-tags" in run.stdout
    assert not lock.exists()
