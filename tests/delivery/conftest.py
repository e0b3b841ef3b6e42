"""A deployed host of the lab, reached as its operator does. `make molecule SCENARIO=dags` makes one and runs all."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from tests.lab.names import REPO

if TYPE_CHECKING:
    from collections.abc import Callable

LAB = REPO / "build" / "lab" / os.environ.get("DELIVERY_LAB", "dags")
STORE = "/usr/local/projects/airflow/dags"
ANSIBLE_PLAYBOOK = str(Path(sys.executable).with_name("ansible-playbook"))

DAG = """
from datetime import datetime
from airflow import DAG
from airflow.operators.python import PythonOperator
{imports}
def go():
    {body}

options = dict(tags=[{tag!r}], is_paused_upon_creation=False)
dag = DAG({name!r}, schedule_interval=None, start_date=datetime(2023, 1, 1), **options)
PythonOperator(task_id="go", python_callable=go, dag=dag)
"""


@dataclass(frozen=True)
class Played:
    """One run of a playbook."""

    code: int
    output: str
    seconds: float

    @property
    def changed(self) -> int:
        """How many tasks changed something."""
        (line,) = [line for line in self.output.splitlines() if "changed=" in line]
        return int(line.split("changed=")[1].split()[0])

    def result(self, task: str) -> dict[str, Any]:
        """What a task returned, from the output of -v."""
        text = self.output.split(f"TASK [{task}]")[1].split("TASK [")[0]
        start = text.index("=> ") + 3
        found: dict[str, Any] = yaml.safe_load(text[start:].split("\n\n")[0])
        return found


class Host:
    """The host: commands as root over SSH, and what Airflow on it shows."""

    def __init__(self) -> None:
        hosts = yaml.safe_load((LAB / "hosts.yml").read_text(encoding="utf-8"))
        self.name, self.variables = next(iter(find_hosts(hosts).items()))
        self.inventory = [str(REPO / "tests" / "inventory"), str(LAB / "hosts.yml")]

    def ssh(self, command: str, data: str = "", *, check: bool = True) -> str:
        """Run a shell command as root."""
        known = self.variables
        argv = ["ssh", "-i", known["ansible_ssh_private_key_file"], *known["ansible_ssh_common_args"].split()]
        argv += [f"{known['ansible_user']}@{known['ansible_host']}", "sudo", "bash", "-c", quoted(command)]
        run = subprocess.run(argv, input=data, capture_output=True, text=True, check=False)
        assert not check or run.returncode == 0, run.stdout + run.stderr
        return run.stdout

    def play(self, playbook: str, *options: str, **variables: Any) -> Played:
        """Run one of our playbooks to its end."""
        started = time.monotonic()
        with self.start(playbook, *options, **variables) as process:
            output, _ = process.communicate()
        return Played(process.returncode, output, time.monotonic() - started)

    def start(self, playbook: str, *options: str, **variables: Any) -> subprocess.Popen[str]:
        """Start one of our playbooks."""
        argv = [ANSIBLE_PLAYBOOK, *(word for path in self.inventory for word in ("-i", path)), "--diff", *options]
        argv += ["-e", json.dumps(variables), str(REPO / "playbooks" / f"{playbook}.yml")]
        environment = {**os.environ, "ANSIBLE_CONFIG": str(REPO / "ansible.cfg"), "ANSIBLE_NOCOLOR": "1"}
        environment.pop("ANSIBLE_LOG_PATH", None)
        return subprocess.Popen(
            argv, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, start_new_session=True
        )

    def deliver(self, tree: Tree, *options: str, **variables: Any) -> Played:
        """Deliver a tree."""
        return self.play("sync_airflow_dags", "-v", *options, airflow_dags_source=str(tree.root), **variables)

    def current(self) -> str:
        """The release that Airflow reads."""
        return self.ssh(f"readlink {STORE}/current").strip().rpartition("/")[2]

    def releases(self) -> set[str]:
        """What lies in the directory of the releases, but for what is always there."""
        return set(self.ssh(f"ls -A {STORE}/releases").split()) - {".lock", ".none"}

    def dags(self) -> set[str]:
        """The DAGs that Airflow shows and can run."""
        return set(self.sql("SELECT dag_id FROM dag JOIN serialized_dag USING (dag_id) WHERE is_active").split())

    def sql(self, statement: str) -> str:
        """Ask Airflow's database."""
        return self.ssh("docker exec -i airflow-postgres-1 psql -U airflow -At", statement)

    def trigger(self, dag_id: str) -> str:
        """Start a run of a DAG and return its id."""
        run = f"run{time.time_ns()}"
        self.airflow("dags", "trigger", dag_id, "--run-id", run)
        return run

    def state(self, run: str) -> str:
        """The state of a run."""
        return self.sql(f"SELECT state FROM dag_run WHERE run_id = '{run}'").strip()  # noqa: S608

    def log(self, run: str) -> str:
        """What the tasks of a run have written."""
        return self.ssh(f"find /usr/local/projects/airflow/logs -path '*run_id={run}*' -name '*.log' | xargs -r cat")

    def airflow(self, *arguments: str) -> str:
        """Run an Airflow command."""
        return self.ssh(f"airflow {' '.join(arguments)}")


class Tree:
    """A DAG tree of the controller."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.root.mkdir()

    def text(self, path: str, text: str) -> None:
        """Write a file."""
        (self.root / path).parent.mkdir(parents=True, exist_ok=True)
        (self.root / path).write_text(text, encoding="utf-8")

    def dag(self, path: str, name: str, *, tag: str = "", imports: str = "", body: str = "pass") -> None:
        """Write a DAG file with one task."""
        self.text(path, DAG.format(name=name, tag=tag, imports=imports, body=body))


def wait(condition: Callable[[], bool], seconds: int = 120) -> None:
    """Wait for what must happen soon."""
    until = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < until, "it did not happen"
        time.sleep(1)


def quoted(text: str) -> str:
    """A text as one word of a shell."""
    return "'" + text.replace("'", "'\\''") + "'"


def find_hosts(tree: dict[str, Any]) -> dict[str, Any]:
    """The hosts of the lab that run Airflow."""
    hosts: dict[str, Any] = tree["all"]["hosts"]
    return {name: variables for name, variables in hosts.items() if "airflow" in name}


@pytest.fixture(scope="session")
def host() -> Host:
    """The deployed host."""
    return Host()


@pytest.fixture
def tree(tmp_path: Path) -> Tree:
    """A tree with a DAG, packages, and names that are hard to carry."""
    tree = Tree(tmp_path / "dags")
    tree.dag("first.py", "first", imports="from shared.deep import tool")
    tree.dag("team a/خبر.py", "persian")
    tree.text("shared/__init__.py", "")
    tree.text("shared/deep/__init__.py", "")
    tree.text("shared/deep/tool.py", "VALUE = 1\n")
    tree.text("empty.py", "")
    tree.text("ignored.py", "import no_such_module  # airflow dag\n")
    tree.text(".airflowignore", "ignored\n")
    return tree


@pytest.fixture
def delivered(host: Host, tree: Tree) -> Tree:
    """The tree, delivered."""
    run = host.deliver(tree)
    assert run.code == 0, run.output
    return tree
