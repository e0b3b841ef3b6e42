"""A host of the lab that is deployed for a benchmark."""

from __future__ import annotations

import subprocess
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING

from tests.lab.names import REPO
from tests.support.hosts import Lab, lab

if TYPE_CHECKING:
    from collections.abc import Iterator

MAIN = REPO / "molecule" / "default" / "molecule.yml"


@contextmanager
def deployed(name: str, release: str) -> Iterator[Lab]:
    """Create the hosts of scenario default, deploy an Airflow release to them, and remove them at the end.

    Args:
        name: Name of the lab.
        release: The Airflow release.

    Raises:
        RuntimeError: The deployment failed.
    """
    try:
        command = [sys.executable, "-m", "tests.lab", "up", name, "--platforms", str(MAIN), "--airflow", release]
        subprocess.run(command, check=True, cwd=REPO)
        hosts = lab(name)
        run = hosts.play("site.yml", airflow_version=release)
        if run.code != 0:
            raise RuntimeError(f"deployment of the host failed: {run.output[-3000:]}")
        yield hosts
    finally:
        subprocess.run([sys.executable, "-m", "tests.lab", "down", name], check=True, cwd=REPO)
