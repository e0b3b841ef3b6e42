"""A deployed host of the lab. `make molecule SCENARIO=dags` deploys it and runs all tests of this directory."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import pytest

from tests.support.ansible import Played
from tests.support.hosts import DeployedHost

if TYPE_CHECKING:
    from pathlib import Path

LAB = "dags"
STORE = "/usr/local/projects/airflow/dags"

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


class Host(DeployedHost):
    """The host: root commands over SSH, playbooks, and the state of Airflow."""

    def __init__(self) -> None:
        super().__init__(LAB)

    def deliver(self, tree: Tree, *options: str, **variables: Any) -> Played:
        """Deliver a DAG tree to the host."""
        return self.play(
            "playbooks/sync_airflow_dags.yml", "-v", *options, airflow_dags_source=str(tree.root), **variables
        )

    def current(self) -> str:
        """DAG release that Airflow reads."""
        return self.ssh(f"readlink {STORE}/current").strip().rpartition("/")[2]

    def releases(self) -> set[str]:
        """Names in the directory of releases, without those that are always present."""
        return set(self.ssh(f"ls -A {STORE}/releases").split()) - {".lock", ".none"}

    def dags(self) -> set[str]:
        """DAGs that are active and serialized."""
        return set(self.sql("SELECT dag_id FROM dag JOIN serialized_dag USING (dag_id) WHERE is_active").split())

    def sql(self, statement: str) -> str:
        """Run a statement in Airflow's database and return its output."""
        return self.ssh("docker exec -i airflow-postgres-1 psql -U airflow -At", statement)

    def trigger(self, dag_id: str) -> str:
        """Start a run of a DAG and return the run's id."""
        run = f"run{time.time_ns()}"
        self.airflow("dags", "trigger", dag_id, "--run-id", run)
        return run

    def state(self, run: str) -> str:
        """State of a DAG run."""
        return self.sql(f"SELECT state FROM dag_run WHERE run_id = '{run}'").strip()  # noqa: S608

    def log(self, run: str) -> str:
        """Task logs of a DAG run."""
        return self.ssh(f"find /usr/local/projects/airflow/logs -path '*run_id={run}*' -name '*.log' | xargs -r cat")

    def airflow(self, *arguments: str) -> str:
        """Run an Airflow command."""
        return self.ssh(f"airflow {' '.join(arguments)}")


class Tree:
    """A DAG tree on the controller."""

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


@pytest.fixture(scope="session")
def host() -> Host:
    """The deployed host."""
    return Host()


@pytest.fixture
def tree(tmp_path: Path) -> Tree:
    """A tree with DAGs, packages, and file names with a space and Persian letters."""
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
    """The tree, after its delivery to the host."""
    run = host.deliver(tree)
    assert run.code == 0, run.output
    return tree
