"""A host of the lab whose operators make mistakes: its lock, its secrets and its database."""

from __future__ import annotations

import json
import os
import signal
from typing import TYPE_CHECKING, Any

from tests.support.hosts import DeployedHost
from tests.support.wait import wait

if TYPE_CHECKING:
    import subprocess

LOCK = "/var/lib/airflow-stack/lock.json"
SECRETS = "/etc/airflow/secrets"
# Rows that a run must neither lose nor add, by a name.
COUNTS = {
    "runs": "SELECT count(*) FROM dag_run",
    "connections": "SELECT count(*) FROM connection",
    "users": "SELECT count(*) FROM ab_user",
}


class GuardedHost(DeployedHost):
    """The only host of a lab and its state."""

    def lock(self) -> dict[str, Any]:
        """Return the content of the lock file; empty if the stack is not locked."""
        text = self.run(f"cat {LOCK}").stdout
        return json.loads(text) if text else {}

    def locked_by(self, process: subprocess.Popen[str]) -> None:
        """Wait until a run has locked the stack."""
        wait(lambda: self.lock().get("pid") == process.pid, 300, f"the lock of process {process.pid}")

    def secrets(self) -> str:
        """Return the digest of each secret."""
        return self.ssh(f"cd {SECRETS} && sha256sum * | sort -k 2")

    def counts(self) -> dict[str, str]:
        """Return the numbers of rows in Airflow's database."""
        ask = "docker exec -i airflow-postgres-1 psql -U airflow -At"
        return {name: self.ssh(ask, statement).strip() for name, statement in COUNTS.items()}


def kill(process: subprocess.Popen[str]) -> None:
    """Kill a run and all its processes at once."""
    os.killpg(process.pid, signal.SIGKILL)
    process.communicate()
