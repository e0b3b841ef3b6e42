"""Work that goes on while hosts fail: the DAGs of molecule/survival/dags."""

from __future__ import annotations

import json
import subprocess
import time
from itertools import groupby
from typing import Protocol

from tests.support.wait import wait

MARKS = "/usr/local/projects/news_fetcher/marks"
# Time for a long run with a retry, on a busy machine.
RUN_SECONDS = 600


class Rooted(Protocol):
    """A host on which commands run as root; see SshHost."""

    def ssh(self, command: str, data: str = "", *, check: bool = True) -> str:
        """Return the output of a command that must succeed."""
        ...

    def run(self, command: str, data: str = "") -> subprocess.CompletedProcess[str]:
        """Run a command."""
        ...


class Work:
    """DAGs of the scenario: a short task every minute, and long ones in containers of their own."""

    def __init__(self, data: Rooted, control: Rooted) -> None:
        self.data, self.control = data, control
        self.control.ssh(f"mkdir -p {MARKS} && chmod 777 {MARKS}")
        self.since = self.sql("SELECT now()")

    def sql(self, statement: str) -> str:
        """Run a statement in Airflow's database and return its output."""
        return self.data.ssh("docker exec -i airflow-postgres-1 psql -U airflow -At airflow", statement).strip()

    def trigger(self, dag: str, **conf: int) -> str:
        """Start a run of a DAG, and return its id."""
        run = f"run{time.time_ns()}"
        self.control.ssh(f"airflow dags trigger {dag} --run-id {run} --conf '{json.dumps(conf)}'")
        return run

    def start_long(self, seconds: int = 120) -> str:
        """Start a container that runs for some seconds, wait until it does, and return the id of the DAG run."""
        run = self.trigger("long", seconds=seconds)
        wait(lambda: self.control.run(f"test -s {MARKS}/{run}").returncode == 0, 180, f"the container of {run}")
        return run

    def finish(self, run: str) -> None:
        """Wait for the end of a long run, and check what it and the short ones left."""
        wait(lambda: self.state(run) in ("success", "failed"), RUN_SECONDS, f"the end of {run}")
        assert self.state(run) == "success"
        marks = [line.split() for line in self.control.ssh(f"cat {MARKS}/{run}").splitlines()]
        # Each container wrote its lines without one of another container in between.
        containers = [name for name, _ in groupby(name for _, name in marks)]
        print(f"{run} succeeded with {len(containers)} containers")
        assert len(containers) == len(set(containers)), containers
        assert self.control.ssh("docker ps -aq --filter ancestor=news_fetcher:1.0") == ""
        since = f"dag_id = 'short' AND start_date > '{self.since}'"
        lost = f"SELECT count(*) FROM dag_run WHERE {since} AND state <> 'success'"  # noqa: S608
        # One may be running now.
        wait(lambda: int(self.sql(lost)) <= 1, RUN_SECONDS, "the end of the short runs")
        done = lost.replace("<>", "=")
        wait(lambda: int(self.sql(done)) > 0, RUN_SECONDS, "the success of a short run")
        print(f"{self.sql(done)} short runs succeeded")

    def state(self, run: str) -> str:
        """Return the state of a DAG run."""
        return self.sql(f"SELECT state FROM dag_run WHERE run_id = '{run}'")  # noqa: S608
