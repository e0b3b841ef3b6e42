"""The code of an earlier commit: its files, and its playbooks against hosts of the lab."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import tarfile
from io import BytesIO
from typing import TYPE_CHECKING, Any

from tests.lab.names import REPO
from tests.lab.shell import LabError
from tests.remote import ANSIBLE_PLAYBOOK

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

# Users have hosts that its site.yml deployed. It stays: each later change is tested against the same start.
COMMIT = "17956776994c59ead36fc77092ff92327385fac2"
CHECKOUT = REPO / "build" / "test" / "previous" / "checkout"


def check_out(commit: str = COMMIT, directory: Path = CHECKOUT, repository: Path = REPO) -> None:
    """Write the files of a commit.

    Args:
        commit: The commit's whole name.
        directory: Where the files go; what is there is removed first.
        repository: A clone that has the commit.

    Raises:
        LabError: The clone lacks the commit.
    """
    run = subprocess.run(["git", "archive", "--format=tar", commit], cwd=repository, capture_output=True, check=False)
    if run.returncode:
        raise LabError(
            f"{repository} has no commit {commit}, whose site.yml deploys the host that this scenario takes over "
            f"(git says: {run.stderr.decode().strip()}). In a shallow clone run `git fetch --unshallow`; "
            "a download without .git cannot run this scenario: clone the repository."
        )
    shutil.rmtree(directory, ignore_errors=True)
    directory.mkdir(parents=True)
    with tarfile.open(fileobj=BytesIO(run.stdout)) as archive:
        archive.extractall(directory, filter="tar")


def environment(surrounding: Mapping[str, str], checkout: Path = CHECKOUT) -> dict[str, str]:
    """Environment of an ansible-playbook that must load the earlier code alone.

    Args:
        surrounding: The environment of this process, in which molecule names this checkout's configuration and roles.
        checkout: Where the earlier code is.

    Returns:
        The same without Ansible's variables, but for the one that names the earlier configuration.
    """
    kept = {name: value for name, value in surrounding.items() if not name.startswith("ANSIBLE_")}
    kept.pop("PYTHONPATH", None)
    return {**kept, "ANSIBLE_CONFIG": str(checkout / "ansible.cfg"), "ANSIBLE_NOCOLOR": "1"}


def play(inventory: Path, playbook: str, **variables: Any) -> None:
    """Run one of the earlier playbooks, and let it print.

    Args:
        inventory: The lab's inventory, read after the earlier one of tests/inventory.
        playbook: Its path in the repository.
        **variables: Extra variables.

    Raises:
        LabError: The run failed; what it printed says why.
    """
    argv = [ANSIBLE_PLAYBOOK, "-i", "tests/inventory", "-i", str(inventory), "-e", json.dumps(variables), playbook]
    # Its own directory: Ansible looks there, too, for what a playbook names.
    code = subprocess.run(
        argv, cwd=CHECKOUT, env=environment(os.environ), stderr=subprocess.STDOUT, check=False
    ).returncode
    if code:
        raise LabError(f"{playbook} of {COMMIT[:7]} ended with code {code}; its output stands above")
