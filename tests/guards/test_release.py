"""One release of the DAGs in a run, whatever is saved or pushed meanwhile."""

from __future__ import annotations

import os
import shutil
import subprocess
import time
from typing import TYPE_CHECKING

import pytest

from tests.lab.names import REPO
from tests.support.ansible import finish

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.support.guarded import GuardedHost

CURRENT = "/usr/local/projects/airflow/dags/current"
AUTHOR = {f"GIT_{role}_{what}": "test" for role in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")}


@pytest.fixture
def tree(tmp_path: Path, deployed: GuardedHost) -> Iterator[Path]:
    """A copy of the project's DAGs. Afterwards the host has the project's DAGs again."""
    shutil.copytree(REPO / "dags", tmp_path / "repository" / "dags")
    yield tmp_path / "repository"
    back = deployed.play("site.yml")
    assert back.code == 0, back.output


def git(repository: Path, *arguments: str) -> str:
    """Run git without the settings of the user who runs the tests."""
    environment = {**os.environ, **AUTHOR, "GIT_CONFIG_GLOBAL": "/dev/null"}
    return subprocess.run(
        ["git", "-C", repository, *arguments], env=environment, capture_output=True, text=True, check=True
    ).stdout.strip()


def commit(repository: Path, name: str) -> None:
    """Add a file to the DAGs, and commit it."""
    (repository / "dags" / name).write_text("# Saved during the run.\n", encoding="utf-8")
    git(repository, "add", ".")
    git(repository, "commit", "--quiet", "--message", name)


def names(host: GuardedHost) -> set[str]:
    """Return the names of the DAG files that Airflow reads."""
    return set(host.ssh(f"ls {CURRENT}/").split())


def test_files_that_are_saved_during_the_run(deployed: GuardedHost, tree: Path) -> None:
    dags = tree / "dags"
    changed = next(path for path in sorted(dags.glob("*.py")))
    before = changed.read_text(encoding="utf-8")
    process = deployed.start("site.yml", airflow_dags_source=str(dags))
    deployed.locked_by(process)
    (dags / "later.py").write_text("# Saved during the run.\n", encoding="utf-8")
    changed.write_text(f"{before}\n# Saved during the run.\n", encoding="utf-8")
    run = finish(process, time.monotonic())
    assert run.code == 0, run.output
    assert "later.py" not in names(deployed)
    assert deployed.ssh(f"cat {CURRENT}/{changed.name}") == before
    again = deployed.play("site.yml", airflow_dags_source=str(dags))
    assert again.code == 0, again.output
    assert "later.py" in names(deployed)


def test_a_branch_that_moves_during_the_run(deployed: GuardedHost, tree: Path) -> None:
    git(tree, "init", "--quiet", "--initial-branch", "main")
    commit(tree, "first.py")
    source = {"airflow_dags_git": {"repository": str(tree), "version": "main", "directory": "dags"}}
    process = deployed.start("site.yml", **source)
    deployed.locked_by(process)
    commit(tree, "second.py")
    # A run in check mode needs no lock, and fetches the branch into the same checkout.
    check = deployed.play("playbooks/sync_airflow_dags.yml", "--check", **source)
    assert check.code == 0, check.output
    assert "second.py" in check.output
    run = finish(process, time.monotonic())
    assert run.code == 0, run.output
    assert {"first.py", "second.py"} & names(deployed) == {"first.py"}
    again = deployed.play("playbooks/sync_airflow_dags.yml", **source)
    assert again.code == 0, again.output
    assert "second.py" in names(deployed)
