"""A stack with years of history on Airflow 2.5. `make molecule SCENARIO=upgrade` runs all tests here."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import pytest

from tests import tables
from tests.lab.names import REPO
from tests.support.filled import OBJECTS
from tests.support.hosts import DeployedHost

LAB = "upgrade"
OLD, BETWEEN, NEW = tables.tested()[0], tables.tested()[1], tables.tested()[-1]
REHEARSE = "playbooks/rehearse_airflow_upgrade.yml"


class Host(DeployedHost):
    """The host, with the stack's variables."""

    def play(self, playbook: str, *options: str, **variables: Any) -> Any:
        """Run a playbook with the stack's variables and further ones."""
        return super().play(playbook, *options, **{**OBJECTS, "airflow_version": OLD, **variables})

    def sql(self, statements: str) -> str:
        """Run statements in Airflow's database and return their output."""
        psql = "docker exec -i airflow-postgres-1 psql -XqAt -v ON_ERROR_STOP=1 -U airflow -d airflow"
        return self.ssh(psql, statements)

    def left(self) -> str:
        """What a rehearsal can leave on the host."""
        return self.run(
            "docker ps -aq --filter name=airflow-upgrade; docker volume ls -q --filter dangling=true"
        ).stdout


@pytest.fixture(scope="session")
def host() -> Host:
    """The host, with a deployed stack of the oldest release. The registry of the lab has the images of the others."""
    images = [word for release in (BETWEEN, NEW) for word in ("--airflow", release)]
    subprocess.run([sys.executable, "-m", "tests.lab", "images", *images], check=True, cwd=REPO)
    found = Host(LAB)
    run = found.play("site.yml")
    assert run.code == 0, run.output
    return found
