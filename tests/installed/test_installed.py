"""The installed collection, from a directory that holds an inventory and DAGs and nothing of this repository."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from tests.lab.names import INSTANCES, REPO
from tests.remote import Played, lab
from tests.sanity import install

NAME = "installed"
SITE = "ansible_airflow.airflow.site"


class Home:
    """The user's directory: collections/, the inventory production/, and beside it what the inventory names."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.inventory = root / "production"
        install(REPO, root / "collections")
        shutil.copytree(REPO / "tests" / "inventory", self.inventory)
        # The hosts of the lab, and the keys by which they are reached; the example inventories name the interpreter.
        hosts = yaml.safe_load((INSTANCES / NAME / "hosts.yml").read_text(encoding="utf-8"))
        for variables in hosts["all"]["hosts"].values():
            variables.pop("ansible_python_interpreter", None)
        (self.inventory / "lab.yml").write_text(yaml.dump(hosts), encoding="utf-8")
        shutil.copytree(REPO / "examples", self.root / "examples")

    def run(self, program: str, *options: str) -> subprocess.CompletedProcess[str]:
        """Run one of Ansible's programs in the user's directory."""
        argv = [str(Path(sys.executable).with_name(program)), *options]
        # Molecule's variables would bring this repository's ansible.cfg along.
        foreign = ("ANSIBLE_", "MOLECULE_")
        environment = {name: value for name, value in os.environ.items() if not name.startswith(foreign)}
        environment |= {"ANSIBLE_COLLECTIONS_PATH": str(self.root / "collections"), "NO_COLOR": "1"}
        return subprocess.run(argv, cwd=self.root, env=environment, capture_output=True, text=True, check=False)

    def play(self, playbook: str, *options: str) -> Played:
        """Run a playbook of the collection."""
        run = self.run("ansible-playbook", playbook, "-i", "production", *options)
        return Played(run.returncode, run.stdout + run.stderr, 0)


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Home:
    """A directory outside this repository."""
    root = tmp_path_factory.mktemp("home")
    assert REPO not in root.parents
    return Home(root)


def test_the_installed_copy_is_what_is_used(home: Home) -> None:
    listed = home.run("ansible-doc", "-t", "module", "-F", "ansible_airflow.airflow").stdout
    assert str(home.root / "collections") in listed
    assert str(REPO) not in listed


def test_without_dags_nothing_is_changed(home: Home) -> None:
    run = home.play(SITE)
    assert run.code != 0
    assert "airflow1: airflow_dags_source: dags is no directory on the controller; nothing was changed." in run.output
    assert run.changed == 0


def test_dags_that_ansible_would_run_as_inventories_are_refused(home: Home) -> None:
    (home.inventory / "dags").mkdir()
    run = home.play(SITE)
    (home.inventory / "dags").rmdir()
    assert run.code != 0
    assert f"airflow_dags_source: {home.inventory}/dags is in the inventory directory {home.inventory}: " in run.output
    assert run.changed == 0


def test_it_deploys_a_host_and_a_second_run_changes_nothing(home: Home) -> None:
    shutil.copytree(REPO / "dags", home.root / "dags")
    first = home.play(SITE)
    assert first.code == 0, first.output
    assert "Airflow 2.5.3 works." in first.output
    assert f"airflow_dags_source: dags is {home.root}/dags" in first.output
    # Nothing that lies about is taken for an inventory.
    assert not re.search(r"WARNING.*(inventory|parse)", first.output)
    assert first.changed > 0
    second = home.play(SITE, "--diff")
    assert (second.code, second.changed) == (0, 0), second.output
    host = lab(NAME).hosts["airflow1"]
    found = host.ssh("airflow dags list -o plain | tail -n +2 | cut -d ' ' -f 1").split()
    assert set(found) == {"news_fetcher", "news_report"}


def test_other_playbooks_of_the_collection_run(home: Home) -> None:
    shutil.copytree(home.root / "dags", home.root / "more")
    with (home.root / "more" / "news_report.py").open("a", encoding="utf-8") as file:
        file.write("# Changed.\n")
    # There is no such directory in the current one, so the path starts at the inventory.
    sync = home.play("ansible_airflow.airflow.sync_airflow_dags", "-e", "airflow_dags_source=../more")
    assert (sync.code, sync.changed > 0) == (0, True), sync.output
    back = home.play("ansible_airflow.airflow.rollback_airflow_dags")
    assert (back.code, back.changed > 0) == (0, True), back.output
