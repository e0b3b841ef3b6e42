"""Facts read from a file and its DAGs, without Airflow."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.inside.dags.facts import (
    constant,
    container_facts,
    lost_paths,
    mapped_arguments,
)
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.inside.dags.lines import Lines

TEXT = """from airflow import DAG
from airflow.decorators import dag, task
with DAG("one"):
    Operator(task_id="fetch")
    with TaskGroup("g"):
        Operator(task_id="inner")
with models.DAG(dag_id="two"):
    Operator(
        task_id="fetch",
    )
DAG("twice")
DAG("twice")
@dag(schedule=None)
def flow():
    @task.docker(image="x")
    def step(): ...
    @task
    def other(): ...
MyDag(dag_id="mine")
Trigger(dag_id="elsewhere", task_id=name)
DAG(f"{x}")
"""


@pytest.fixture
def lines(tmp_path: Path) -> Lines:
    path = tmp_path / "a.py"
    path.write_text(TEXT)
    return Lines(str(path))


def text_at(line: int | None) -> str:
    # Python before 3.8 gives the line of a function's first decorator.
    return TEXT.split("\n")[line - 1].strip() if line else ""


def test_lines_of_dags(lines: Lines) -> None:
    assert [lines.of_dag(name) for name in ("one", "two", "twice", "twice", "mine")] == [3, 7, 11, 12, 19]
    assert text_at(lines.of_dag("flow")) == "def flow():"
    assert (lines.of_dag("elsewhere"), lines.of_dag("nowhere")) == (None, None)


def test_lines_of_tasks(lines: Lines) -> None:
    assert (lines.of_task("fetch", 3), lines.of_task("fetch", 7), lines.of_task("fetch", None)) == (4, 8, 4)
    assert lines.of_task("g.inner", 3) == 6
    assert text_at(lines.of_task("step", 13)).startswith("def step()")
    assert text_at(lines.of_task("other", 13)).startswith("def other()")
    assert lines.of_task("name", 1) is None


@pytest.mark.parametrize("content", [b"def (", b"\0", b"\xff", b"(" * 5000])
def test_an_unparsable_file_gives_no_lines(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "a.py"
    path.write_bytes(content)
    assert Lines(str(path)).of_dag("x") is None


@pytest.mark.parametrize(
    ("value", "expected"),
    [("a", "a"), ("", ""), ("{{ ds }}", None), ("{% if x %}", None), (None, None), (7, None), ({}, None)],
)
def test_templates_are_not_constants(value: Any, expected: str | None) -> None:
    assert constant(value) == expected


def test_containers() -> None:
    mounts = [{"Source": "/a", "Target": "/b", "Type": "bind"}, {"Source": "{{ x }}", "Target": "/b"}, "text"]
    facts = container_facts({"image": "i", "docker_conn_id": "c", "mounts": mounts, "other": 1})
    assert facts == {
        "image": "i",
        "container_name": None,
        "network_mode": None,
        "docker_url": None,
        "login": True,
        "mounts": [
            {"source": "/a", "target": "/b", "type": "bind"},
            {"source": None, "target": "/b", "type": None},
        ],
    }
    assert container_facts({"mounts": "{{ x }}"})["mounts"] == []


class Operator:
    """Stand in for an operator."""

    def __init__(self, *, http_conn_id: str = "http_default", name: str | None = None, **kwargs: Any) -> None:
        """Take arguments."""


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({"name": ["a", "b"]}, [{"name": "a", "image": "i"}, {"name": "b", "image": "i"}]),
        ({"name": ["a"], "image": ["x", "y"]}, [{"name": "a"}, {"image": "x"}, {"image": "y"}]),
        ({"name": "known later"}, [{"image": "i"}]),
        ({"name": []}, [{"image": "i"}]),
        ([{"name": "a"}, {"image": "x"}, "later"], [{"name": "a", "image": "i"}, {"image": "x"}]),
        ("later", [{"image": "i"}]),
    ],
)
def test_arguments_of_a_mapped_task(given: Any, expected: list[dict[str, Any]]) -> None:
    value = SimpleNamespace(value=given)
    task = SimpleNamespace(operator_class=Operator, partial_kwargs={"image": "i"}, expand_input=value)
    found = mapped_arguments(task)
    assert {copy["http_conn_id"] for copy in found} == {"http_default"}
    names = ("name", "image")
    assert [{name: copy[name] for name in names if copy[name] is not None} for copy in found] == expected


@pytest.mark.parametrize(
    ("values", "paths"),
    [
        (["python /opt/airflow/dags/scripts/x.py --all"], ["/opt/airflow/dags/scripts/x.py"]),
        ([["/opt/airflow/dags/sql", "/opt/airflow/dags/sql"], None, 7], ["/opt/airflow/dags/sql"]),
        (["cd /opt/airflow/dags && ls /opt/airflow/dags/", "/opt/airflow/dags/current/x.sql"], []),
        (["/opt/airflow/dags/releases/5d41/x.sql", "/opt/airflow/dags_of_mine/x", {"a": "/opt/airflow/dags/x"}], []),
        (["git -C /mnt/opt/airflow/dags/repo pull", "/opt/airflow/dags/releases"], []),
        (["/opt/airflow/dags/current-old/x"], ["/opt/airflow/dags/current-old/x"]),
        (["/opt/airflow/dags/currently.sql"], ["/opt/airflow/dags/currently.sql"]),
    ],
)
def test_paths_of_dag_files_without_their_release(values: list[Any], paths: list[str]) -> None:
    assert lost_paths(values) == paths
