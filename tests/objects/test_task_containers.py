"""Labels of task containers by the release's own DockerOperator, and airflow-watch's questions to its database."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from tests.lab.docker import docker
from tests.lab.names import REPO
from tests.objects.stack import PROJECT, Stack

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

CONTAINER = f"{PROJECT}-tasks-1"
# Runs operators as in a process that worker.py has prepared, against an engine that only records.
OPERATORS = """
import json, sys, types
sys.path.insert(0, "/tmp/stack")
import stack_containers
from docker import APIClient
from docker.errors import APIError
created = []
def create(self, *_, **options):
    created.append(options)
    return {"Id": "new"}
for name, value in {
    "__init__": None, "containers": [], "images": [{}], "create_host_config": {}, "attach": [b"result"], "start": None,
    "wait": {"StatusCode": 0}, "remove_container": None, "version": {"ApiVersion": "1.41"}, "ping": True,
}.items():
    setattr(APIClient, name, lambda self, *_, _value=value, **__: _value)
def get_archive(self, *_):
    raise APIError("the result of the decorated function is not there")
APIClient.create_container, APIClient.get_archive = create, get_archive
stack_containers.install()
from datetime import datetime
from airflow import DAG
from airflow.decorators import task
from airflow.providers.docker.operators.docker import DockerOperator
class Own(DockerOperator):
    def execute(self, context):
        self.environment["OWN"] = "1"
        return super().execute(context)
common = {"image": "x", "mount_tmp_dir": False}
with DAG("news", start_date=datetime(2023, 1, 1)) as dag:
    DockerOperator(task_id="plain", auto_remove="success", private_environment={"SECRET": "1"}, **common)
    Own(task_id="own", environment=None, **common)
    mapped = DockerOperator.partial(task_id="mapped", **common).expand(environment=[{"A": "1"}])
    @task.docker(task_id="decorated", **common)
    def decorated():
        return 1
    decorated()
def sentinel(operator):
    # Newer releases warn if nobody vouches for the call.
    try:
        from airflow.sdk.bases.operator import ExecutorSafeguard
        return {type(operator).__name__ + "__sentinel": ExecutorSafeguard.sentinel_value}
    except ImportError:
        return {}
operators = [dag.get_task(name) for name in ("plain", "own", "decorated")]
resolved = {"environment": {"A": "1"}}
operators.append(getattr(mapped, "operator", mapped).unmap(resolved))
for number, operator in enumerate(operators):
    instance = types.SimpleNamespace(
        dag_id="news", task_id=operator.task_id, run_id="r", map_index=-1, try_number=number + 1
    )
    operator.execute(context={"ti": instance}, **sentinel(operator))
print(json.dumps([{**one, "environment": sorted(one["environment"])} for one in created], default=str))
"""
ASKED = "import sys; sys.path.insert(0, '/tmp/stack'); import asking, json; asking.main(json.loads(sys.argv[1]))"
# A row of task_instance.
VALUES = {
    "dag_id": "'news'",
    "task_id": "'fetch ''x'' \"y\" 100%'",
    "run_id": "'manual__1'",
    "map_index": "4",
    "try_number": "3",
    "state": "'up_for_retry'",
    "max_tries": "3",
    "hostname": "''",
    "unixname": "''",
    "pool": "'default_pool'",
    "pool_slots": "1",
}


@pytest.fixture(scope="module")
def tasks(running: Stack) -> Iterator[Stack]:
    """An Airflow container with the stack's programs and secrets, as on the second of several hosts."""
    running.idle("tasks", AIRFLOW_STACK_ADDRESS="192.0.2.2")
    running.inside("mkdir", "/tmp/stack", service="tasks")
    for path in ("airflow_stack/files/stack_containers.py", "airflow_stack/files/stack_tries.py"):
        docker("cp", "-q", str(REPO / "roles" / path), f"{CONTAINER}:/tmp/stack/")
    docker("cp", "-q", str(REPO / "roles/airflow_watch/files/airflow_watch/asking.py"), f"{CONTAINER}:/tmp/stack/")
    secrets = {
        "fernet_key": running.fernet_key,
        "broker_url": "redis://redis:6379/0",
        "sql_alchemy_conn": running.database("airflow"),
    }
    for name, value in secrets.items():
        put = f"mkdir -p /run/secrets && printf %s '{value}' > /run/secrets/{name}"
        docker("exec", "--user", "root", CONTAINER, "sh", "-c", put)
    yield running
    docker("rm", "--force", CONTAINER)


def python(stack: Stack, *argv: str) -> Any:
    """Run a program in the container; return the JSON in its last line."""
    return json.loads(stack.inside("python", "-W", "ignore", "-c", *argv, service="tasks").strip().rpartition("\n")[2])


def test_every_kind_of_docker_operator_labels_its_container(tasks: Stack, tmp_path: Path) -> None:
    # A file, because the decorator reads the source of its function.
    (tmp_path / "operators.py").write_text(OPERATORS, encoding="utf-8")
    docker("cp", "-q", str(tmp_path / "operators.py"), f"{CONTAINER}:/tmp/stack/")
    # As on a single host.
    start = "env AIRFLOW_STACK_ADDRESS= python -W ignore /tmp/stack/operators.py"
    created = json.loads(tasks.inside("sh", "-c", start, service="tasks").strip().rpartition("\n")[2])
    found = [
        [one["labels"][f"airflow.{name}"] for name in ("dag", "task", "run", "map_index", "try", "auto_remove")]
        for one in created
    ]
    assert found == [
        ["news", "plain", "r", "-1", "1", "success"],
        ["news", "own", "r", "-1", "2", "never"],
        ["news", "decorated", "r", "-1", "3", "never"],
        ["news", "mapped", "r", "-1", "4", "never"],
    ]
    assert all(len(one["labels"]["airflow.stack"]) == 16 for one in created)
    assert [set(one["environment"]) for one in created] == [
        {"SECRET"},
        {"OWN"},
        {"__PYTHON_INPUT", "__PYTHON_SCRIPT"},
        {"A"},
    ]


def test_tries_wait_for_each_other_in_the_release_s_redis(tasks: Stack) -> None:
    program = (
        "import sys, json; sys.path.insert(0, '/tmp/stack'); import stack_tries as tries; tries.WAIT_SECONDS = 0\n"
        "first, second, found = ['news', 'fetch', 'r', -1, 1], ['news', 'fetch', 'r', -1, 2], []\n"
        "tries.enter(first, '192.0.2.1')\n"
        "try: tries.enter(second, '192.0.2.2')\n"
        "except tries.TaskContainerError as error: found.append(str(error))\n"
        "tries.leave(first); tries.enter(second, '192.0.2.2'); print(json.dumps(found))"
    )
    (waited,) = python(tasks, program)
    assert "a container of try 1 may still run on 192.0.2.1" in waited
    answer = asked(tasks)
    assert (answer["tries"], answer["problem"]) == ([["news", "fetch", "r", -1, 2]], "")
    assert asked(tasks, remove=[["news", "fetch", "r", -1, 2]])["tries"] == []
    assert asked(tasks)["tries"] == []


def asked(stack: Stack, *instances: list[Any], remove: Any = (), forget: str = "") -> Any:
    question = {"instances": list(instances), "remove": list(remove), "forget": forget}
    return python(stack, ASKED, json.dumps(question))


def test_airflow_watch_reads_the_try_and_the_state_in_the_release_s_database(tasks: Stack) -> None:
    columns = tasks.sql("SELECT column_name FROM information_schema.columns WHERE table_name = 'task_instance'").split()
    assert {"dag_id", "task_id", "run_id", "map_index", "try_number", "state"} <= set(columns)
    instance = ["news", "fetch 'x' \"y\" 100%", "manual__1", 4]
    assert asked(tasks, instance, ["other", "t", "r", -1])["rows"] == []
    row = {**VALUES, "id": "gen_random_uuid()"} if "id" in columns else VALUES
    # Without foreign keys, which differ between the releases.
    insert = f"INSERT INTO task_instance ({', '.join(row)}) VALUES ({', '.join(row.values())})"  # noqa: S608 - constants
    tasks.sql(f"SET session_replication_role = replica; {insert}")
    try:
        assert asked(tasks, instance, instance)["rows"] == [[*instance, 3, "up_for_retry"]]
    finally:
        tasks.sql("DELETE FROM task_instance WHERE dag_id = 'news'")
