"""The code of an earlier commit: its files, and runs of its playbooks on hosts of the lab."""

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
from tests.support.ansible import ANSIBLE_PLAYBOOK

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

# A commit whose site.yml deployed hosts of users. It stays fixed, so that all changes are tested with the same state.
COMMIT = "17956776994c59ead36fc77092ff92327385fac2"
CHECKOUT = REPO / "build" / "test" / "previous" / "checkout"


def check_out(commit: str = COMMIT, directory: Path = CHECKOUT, repository: Path = REPO) -> None:
    """Write the files of a commit.

    Args:
        commit: Full hash of the commit.
        directory: Target directory; existing content is removed first.
        repository: Clone that has the commit.

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
    """Environment for an ansible-playbook that must load only the earlier code.

    Args:
        surrounding: Environment of this process, in which Molecule sets this checkout's configuration and roles.
        checkout: Directory of the earlier code.

    Returns:
        The environment without Ansible's variables except for ANSIBLE_CONFIG, which names the earlier configuration.
    """
    kept = {name: value for name, value in surrounding.items() if not name.startswith("ANSIBLE_")}
    kept.pop("PYTHONPATH", None)
    return {**kept, "ANSIBLE_CONFIG": str(checkout / "ansible.cfg"), "ANSIBLE_NOCOLOR": "1"}


def play(inventory: Path, playbook: str, **variables: Any) -> None:
    """Run one of the earlier playbooks with its output on the terminal.

    Args:
        inventory: Inventory of the lab, read after the earlier tests/inventory.
        playbook: Path of the playbook in the repository.
        **variables: Extra variables.

    Raises:
        LabError: The run failed; its output shows why.
    """
    argv = [ANSIBLE_PLAYBOOK, "-i", "tests/inventory", "-i", str(inventory), "-e", json.dumps(variables), playbook]
    # Run in the earlier checkout, because Ansible also resolves a playbook's paths from the current directory.
    code = subprocess.run(
        argv, cwd=CHECKOUT, env=environment(os.environ), stderr=subprocess.STDOUT, check=False
    ).returncode
    if code:
        raise LabError(f"{playbook} of {COMMIT[:7]} failed with exit code {code}; see its output above")
