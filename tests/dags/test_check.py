"""A release that would break Airflow is refused on the host with the names of the faulty files, and nothing changes."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.dags.conftest import Host, Tree

# Files with their content and the expected text in the report.
BROKEN = {
    "syntax.py": ("from airflow import DAG\ndef (:\n", "[import-error]"),
    "missing.py": ("import no_such_module\nfrom airflow import DAG\n", "No module named 'no_such_module'"),
    "loop.py": ("from airflow import DAG\nwhile True:\n    pass\n", "[import-timeout]"),
    "segfault.py": ("from airflow import DAG\nimport os\nos.kill(os.getpid(), 11)\n", "SIGSEGV"),
    "leaves.py": ("from airflow import DAG\nimport os\nos._exit(3)\n", "[import-crash]"),
    "exits.py": ("from airflow import DAG\nimport sys\nsys.exit('enough')\n", "[import-crash]"),
}

DOCKER = """
from datetime import datetime
from airflow import DAG
from airflow.providers.docker.operators.docker import DockerOperator
from airflow.providers.postgres.operators.postgres import PostgresOperator
from docker.types import Mount

with DAG("never", schedule_interval="0 0 31 2 *", start_date=datetime(2023, 1, 1)) as dag:
    DockerOperator(
        task_id="run",
        image="no-such-image:1",
        container_name="airflow-worker-1",
        network_mode="no_such_network",
        mounts=[Mount("/a", "/etc", "bind"), Mount("/b", "/usr/local/projects/airflow/dags", "bind")]
        + [Mount("/c", "/usr/local/projects/nobody/x.json", "bind")],
    )
    PostgresOperator(task_id="sql", sql="SELECT 1", postgres_conn_id="no_such_connection", queue="no_such_queue")
"""
RULES = (
    *("container-name-taken", "unknown-network", "mount-outside-projects", "mount-in-airflow", "mount-missing"),
    *("image-missing", "unknown-connection", "unknown-queue", "schedule-never-fires", "duplicate-dag-id"),
)


def test_what_would_break_airflow_is_refused(host: Host, delivered: Tree) -> None:
    before = host.current()
    started = host.ssh("docker inspect -f '{{.State.StartedAt}}' $(docker ps -q)")
    for name, (text, _) in BROKEN.items():
        delivered.text(name, text)
    delivered.text("policy.py", DOCKER)
    delivered.dag("twice.py", "first")
    run = host.deliver(delivered, airflow_dags_check_timeout=10)
    assert run.code != 0
    for name, (_, expected) in BROKEN.items():
        (line,) = [line for line in run.output.splitlines() if f"{name}" in line and expected in line][:1]
        assert line
    for rule in RULES:
        assert f"[{rule}]" in run.output
    assert "ignored.py" not in run.output
    assert host.current() == before
    assert host.ssh("docker inspect -f '{{.State.StartedAt}}' $(docker ps -q)") == started
    for name in (*BROKEN, "policy.py", "twice.py"):
        (delivered.root / name).unlink()
    delivered.dag("good.py", "good_after_the_check")
    assert host.deliver(delivered).code == 0
    assert "good_after_the_check" in host.dags()


def test_a_rule_can_be_switched_off(host: Host, delivered: Tree) -> None:
    delivered.text("policy.py", DOCKER)
    delivered.dag("also.py", "also")
    run = host.deliver(delivered, airflow_dags_check_skip=[rule for rule in RULES if rule != "duplicate-dag-id"])
    assert run.code == 0, run.output
    delivered.dag("also.py", "also", tag="changed")
    wrong = host.deliver(delivered, airflow_dags_check_skip=["no-such-rule"])
    assert wrong.code != 0
    assert "no-such-rule" in wrong.output
    assert "container-name-taken" in wrong.output


MOUNTING = """
import os
from datetime import datetime
from airflow import DAG
from airflow.providers.docker.operators.docker import DockerOperator
from docker.types import Mount

with DAG("mounting", schedule=None, start_date=datetime(2023, 1, 1)) as dag:
    DockerOperator(task_id="run", image="postgres:15", mounts=[Mount("/c", {source}, "bind")])
"""


def test_mounts_must_be_below_the_directory_of_the_projects(host: Host, delivered: Tree) -> None:
    """The scenario sets projects_directory in molecule/dags/molecule.yml to another path than the default."""
    delivered.text("mounting.py", MOUNTING.format(source='os.environ["AIRFLOW_STACK_PROJECTS"] + "/news_fetcher"'))
    run = host.deliver(delivered)
    assert run.code == 0, run.output
    delivered.text("mounting.py", MOUNTING.format(source='"/usr/local/projects/news_fetcher"'))
    refused = host.deliver(delivered)
    assert refused.code != 0
    assert "source '/usr/local/projects/news_fetcher' is not below /srv/projects." in " ".join(refused.output.split())


# What people have for years: a hook that needs no connection, a campaign that is over, and data on a share.
YEARS = """
from datetime import datetime
from airflow import DAG
from airflow.models import BaseOperator
from airflow.providers.docker.operators.docker import DockerOperator
from docker.types import Mount

class ListBucket(BaseOperator):
    def __init__(self, aws_conn_id="aws_default", **rest):
        super().__init__(**rest)
        self.aws_conn_id = aws_conn_id

with DAG("years", schedule=None, start_date=datetime(2023, 1, 1)):
    ListBucket(task_id="list")
    DockerOperator(task_id="run", image="postgres:15", mounts=[Mount("/c", "{source}", "bind")])
with DAG("over", schedule="@daily", catchup=False, start_date=datetime(2023, 1, 1), end_date=datetime(2023, 2, 1)):
    ListBucket(task_id="list")
"""
MISPLACED = """
from datetime import datetime
from airflow import DAG

with DAG(
    "misplaced", schedule=None, start_date=datetime(2023, 1, 1), template_searchpath=["/opt/airflow/dags/sql"]
):
    pass
"""


def test_what_people_have_for_years(host: Host, delivered: Tree) -> None:
    delivered.text("years.py", YEARS.replace("{source}", "/mnt"))
    refused = host.deliver(delivered)
    assert refused.code != 0
    words = " ".join(refused.output.split())
    assert "airflow_dags_check_skip with its DAG or file, as in mount-outside-projects:years." in words
    assert "aws_default" not in words
    run = host.deliver(delivered, airflow_dags_mount_prefixes=["/mnt"])
    assert run.code == 0, run.output
    assert "its end_date 2023-02-01" in " ".join(run.output.split())
    assert {"years", "over"} <= set(host.dags())
    delivered.text("years.py", YEARS.replace("{source}", "/mnt").replace('"years"', '"years2"'))
    assert host.deliver(delivered, airflow_dags_check_skip=["mount-outside-projects:years*"]).code == 0


def test_a_path_that_exists_only_where_people_copy_files(host: Host, delivered: Tree) -> None:
    delivered.text("misplaced.py", MISPLACED)
    run = host.deliver(delivered)
    # A warning: a command with such a path may run on another machine.
    assert run.code == 0, run.output
    assert "write '/opt/airflow/dags/current/sql'" in " ".join(run.output.split())
    delivered.text("misplaced.py", MISPLACED.replace("/dags/sql", "/dags/current/sql"))
    assert "path-in-dags" not in host.deliver(delivered).output
