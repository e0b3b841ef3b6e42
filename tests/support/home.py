"""A user who installed the collection and has a directory with an inventory, outside of this repository."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

import yaml

from tests.lab.names import INSTANCES, REPO
from tests.sanity import install
from tests.support.ansible import CALLBACK, Played

SITE = "ansible_airflow.airflow.site"


class Home:
    """The user's directory: collections/, the inventory production/, and the directories that the inventory refers to.

    Args:
        root: Empty directory outside of this repository.
        name: Lab whose hosts are in the inventory.
    """

    def __init__(self, root: Path, name: str) -> None:
        assert REPO not in root.parents
        self.root = root
        self.inventory = root / "production"
        install(REPO, root / "collections")
        shutil.copytree(REPO / "tests" / "inventory", self.inventory)
        # Hosts and connection variables of the lab, without the interpreter, which the example inventories set.
        hosts = yaml.safe_load((INSTANCES / name / "hosts.yml").read_text(encoding="utf-8"))
        for variables in hosts["all"]["hosts"].values():
            variables.pop("ansible_python_interpreter", None)
        (self.inventory / "lab.yml").write_text(yaml.dump(hosts), encoding="utf-8")
        shutil.copytree(REPO / "examples", self.root / "examples")

    def run(self, program: str, *options: str, **variables: str) -> subprocess.CompletedProcess[str]:
        """Run one of Ansible's programs in the user's directory."""
        argv = [str(Path(sys.executable).with_name(program)), *options]
        # Molecule's variables would select this repository's ansible.cfg.
        foreign = ("ANSIBLE_", "MOLECULE_")
        environment = {name: value for name, value in os.environ.items() if not name.startswith(foreign)}
        environment |= {"ANSIBLE_COLLECTIONS_PATH": str(self.root / "collections"), "NO_COLOR": "1", **variables}
        return subprocess.run(argv, cwd=self.root, env=environment, capture_output=True, text=True, check=False)

    def play(self, playbook: str, *options: str) -> Played:
        """Run a playbook of the collection."""
        started = time.monotonic()
        run = self.run("ansible-playbook", playbook, "-i", "production", *options, ANSIBLE_STDOUT_CALLBACK=CALLBACK)
        return Played(run.returncode, run.stdout, run.stderr, time.monotonic() - started)
