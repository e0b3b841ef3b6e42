"""A stack on several hosts of the lab. `make molecule SCENARIO=cluster` deploys it and runs all tests here."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING, Any

import pytest

from tests.lab.names import REPO, V3
from tests.support.ansible import Played
from tests.support.hosts import Lab, Remote, lab
from tests.support.wait import wait

if TYPE_CHECKING:
    import subprocess

LAB = "cluster"
DAGS = REPO / "build" / "test" / "cluster-dags"
SECRETS = "/etc/airflow/secrets"
# Timeout in seconds of a DAG run on a machine that five hosts share.
RUN_SECONDS = 300

# Address of the web UI, the same as in molecule/cluster/molecule.yml.
SITE = "http://127.0.0.1:8080" + ("/airflow" if V3 else "")
BESIDE_WORKERS = {"execution-api"} if V3 else set[str]()
# Runs on the web server's host, with the password on standard input.
ASK = """
import base64, json, sys, urllib.request
asked = json.load(sys.stdin)
def answer(path, data=None, **headers):
    return urllib.request.urlopen(urllib.request.Request(f"{asked["site"]}/{path}", data, headers)).read().decode()
login = {"username": "admin", "password": asked["password"]}
if asked["v3"]:
    data = json.dumps(login).encode()
    token = json.loads(answer("auth/token", data, **{"Content-Type": "application/json"}))["access_token"]
    print(answer(f"api/v2/{asked["path"]}", Accept="application/json", Authorization=f"Bearer {token}"))
else:
    basic = base64.b64encode(":".join(login.values()).encode()).decode()
    print(answer(f"api/v1/{asked["path"]}", Accept="text/plain", Authorization=f"Basic {basic}"))
"""


class Cluster:
    """The hosts, playbooks on them, and the state of Airflow."""

    def __init__(self, of: Lab) -> None:
        self.lab = of
        self.hosts: dict[str, Remote] = of.hosts
        self.data, self.control = self.hosts["data1"], self.hosts["control1"]
        self.workers = [host for name, host in sorted(self.hosts.items()) if name.startswith("worker")]

    def address(self, host: str) -> str:
        """Address of a host."""
        return str(self.hosts[host].variables["airflow_private_address"])

    def site(self, *options: str, **variables: Any) -> Played:
        """Run site.yml."""
        return self.lab.play("site.yml", *options, **variables)

    def start_site(self, *options: str, **variables: Any) -> subprocess.Popen[str]:
        """Start site.yml."""
        return self.lab.start("site.yml", *options, **variables)

    def sql(self, statement: str, database: str = "airflow") -> str:
        """Run a statement in Airflow's database and return its output."""
        return self.data.ssh(f"docker exec -i airflow-postgres-1 psql -U airflow -At {database}", statement).strip()

    def trigger(self, dag_id: str, conf: dict[str, Any] | None = None) -> str:
        """Unpause a DAG, start a run of it and return the run's id."""
        run = f"run{time.time_ns()}"
        words = f"--conf '{json.dumps(conf)}'" if conf else ""
        self.control.ssh(f"airflow dags unpause {dag_id} && airflow dags trigger {dag_id} --run-id {run} {words}")
        return run

    def state(self, run: str) -> str:
        """State of a DAG run."""
        return self.sql(f"SELECT state FROM dag_run WHERE run_id = '{run}'")  # noqa: S608

    def tasks(self, run: str) -> dict[str, tuple[str, str, int]]:
        """State, host and number of tries of each task of a DAG run."""
        rows = self.sql(
            f"SELECT task_id, state, hostname, try_number FROM task_instance WHERE run_id = '{run}'"  # noqa: S608
        )
        found = [row.split("|") for row in rows.splitlines()]
        names = {self.address(name): name for name in self.hosts}
        return {task: (state, names.get(host, host), int(tries)) for task, state, host, tries in found}

    def finish(self, run: str) -> dict[str, tuple[str, str, int]]:
        """Wait for a DAG run to finish, and return its tasks."""
        wait(lambda: self.state(run) in ("success", "failed"), RUN_SECONDS, f"the end of run {run}")
        return self.tasks(run)

    def log(self, dag_id: str, run: str, task: str) -> str:
        """Log of a task's first try, as the web server returns it to the administrator."""
        password = self.data.ssh(f"cat {SECRETS}/admin_password").strip()
        path = f"dags/{dag_id}/dagRuns/{run}/taskInstances/{task}/logs/1"
        request = json.dumps({"site": SITE, "path": path, "v3": V3, "password": password})
        return self.control.ssh(f"python3 -c '{ASK}'", request)

    def started(self) -> dict[str, str]:
        """Start time of each container of the stack, by host and name."""
        found = {}
        for name, host in self.hosts.items():
            lines = host.ssh(
                "docker ps -aq --filter label=com.docker.compose.project=airflow"
                " | xargs -r docker inspect --format '{{.Name}} {{.Id}} {{.State.StartedAt}}'"
            )
            found.update({f"{name}{line.split()[0]}": line for line in lines.splitlines()})
        return found


@pytest.fixture(scope="session")
def cluster() -> Cluster:
    """The deployed stack."""
    return Cluster(lab(LAB))
