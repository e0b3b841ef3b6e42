"""Module airflow_dag_refresh on a real Airflow without a scheduler, so that nothing else detects changes."""

from __future__ import annotations

import json
import subprocess
import time
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import pytest

from tests.lab import docker
from tests.lab.names import V3
from tests.objects.stack import PROJECT, ROW, Stack, play
from tests.support.wait import wait

if TYPE_CHECKING:
    from collections.abc import Iterator

SHOWN = "NOT is_stale" if V3 else "is_active"
DAG = """
from datetime import datetime
from airflow import DAG
from airflow.operators.empty import EmptyOperator
{more}
for name in {names}:
    globals()[name] = DAG(name, schedule=None, start_date=datetime(2023, 1, 1), tags=[{tag!r}])
    EmptyOperator(task_id="t", dag=globals()[name])
"""


class Folder:
    """The DAGs folder of a container, and its state in Airflow's database."""

    def __init__(self, stack: Stack) -> None:
        self.stack = stack

    def write(self, path: str, *names: str, tag: str = "", more: str = "") -> None:
        self.text(path, DAG.format(names=names, tag=tag, more=more))

    def text(self, path: str, text: str) -> None:
        script = f"mkdir -p dags && cat > dags/{path} <<'END'\n{text}\nEND"
        self.stack.inside("bash", "-c", script, service="dags")

    def remove(self, path: str) -> None:
        self.stack.inside("rm", f"dags/{path}", service="dags")

    def refresh(self, changed: tuple[str, ...] = (), removed: tuple[str, ...] = (), **options: Any) -> dict[str, Any]:
        arguments = {"release": {"release": "abc"}, "changed": list(changed), "removed": list(removed), **options}
        task = {
            "ansible_airflow.airflow.airflow_dag_refresh": {**arguments, "project": PROJECT, "services": ["dags"]},
            "name": "Refresh",
        }
        (result,) = play(task).results
        assert not result.get("failed"), result
        return result

    def dags(self) -> dict[str, str]:
        """File of each DAG that Airflow shows; checks that all of them are serialized."""
        shown = self.sql(f"SELECT dag_id, fileloc FROM dag WHERE {SHOWN}")  # noqa: S608
        # Release 3 keeps the versions of DAGs that are not shown.
        assert V3 or {row[0] for row in shown} == {row[0] for row in self.sql("SELECT dag_id FROM serialized_dag")}
        return {name: path.rpartition("/")[2] for name, path in shown}

    def sql(self, statement: str) -> list[list[str]]:
        argv = ["psql", "-U", "airflow", "-d", "dags", "-Atc", statement]
        return [line.split("|") for line in docker.docker("exec", f"{PROJECT}-postgres-1", *argv).splitlines()]


@pytest.fixture
def folder(stack: Stack) -> Iterator[Folder]:
    stack.sql("CREATE DATABASE dags")
    stack.idle("dags", AIRFLOW__DATABASE__SQL_ALCHEMY_CONN=stack.database("dags"))
    stack.inside("bash", "-c", ROW["migrate"], service="dags")
    yield Folder(stack)
    docker.docker("rm", "--force", f"{PROJECT}-dags-1")
    stack.sql("DROP DATABASE dags")


def test_a_file_that_reads_a_variable(folder: Folder) -> None:
    # Not `env`, which a process could also read from its environment.
    folder.sql("INSERT INTO variable (key, val, is_encrypted) VALUES ('stage', 'prod', false)")
    library = "airflow.sdk" if V3 else "airflow.models"
    folder.write("a.py", "a", more=f"from {library} import Variable\nassert Variable.get('stage') == 'prod'")
    assert folder.refresh(("a.py",))["errors"] == {}
    assert folder.dags() == {"a": "a.py"}


def test_airflow_knows_at_once_what_changed(folder: Folder) -> None:
    folder.write("a.py", "a", "a2")
    folder.write("b.py", "b", more="import shared")
    folder.text("shared.py", "VALUE = 1")
    folder.text("broken.py", "import no_such_module  # airflow dag")
    first = folder.refresh(everything=True)
    assert (first["parsed"], first["dags"], first["gone"]) == (3, 3, 0)
    assert first["errors"] == {"/opt/airflow/dags/broken.py": "ModuleNotFoundError: No module named 'no_such_module'"}
    assert folder.dags() == {"a": "a.py", "a2": "a.py", "b": "b.py"}
    # Warnings may precede the value.
    printed = folder.stack.inside("airflow", "variables", "get", "airflow_dags_release", service="dags")
    assert json.loads(printed.strip().splitlines()[-1]) == {"release": "abc"}

    # One DAG is removed from its file and another one added; no other file is parsed.
    folder.write("a.py", "a", "a3", tag="new")
    changed = folder.refresh(changed=("a.py",))
    assert (changed["parsed"], changed["gone"]) == (1, 1)
    assert folder.dags() == {"a": "a.py", "a3": "a.py", "b": "b.py"}
    assert folder.sql("SELECT name FROM dag_tag WHERE dag_id = 'a'") == [["new"]]

    # A file with its DAGs is moved, another file is removed.
    folder.write("moved.py", "a", "a3")
    folder.remove("a.py")
    folder.remove("b.py")
    moved = folder.refresh(changed=("moved.py",), removed=("a.py", "b.py"))
    assert (moved["parsed"], moved["gone"]) == (1, 1)
    assert folder.dags() == {"a": "moved.py", "a3": "moved.py"}
    assert folder.sql(f"SELECT {SHOWN} FROM dag WHERE dag_id = 'b'") == [["f"]]  # noqa: S608

    # A file without DAGs can affect any DAG file.
    folder.text("shared.py", "VALUE = 2")
    assert folder.refresh(changed=("shared.py",))["parsed"] == 2
    folder.remove("shared.py")
    assert folder.refresh(removed=("shared.py",))["parsed"] == 2


def test_history_goes_with_a_file_and_not_with_an_error_in_it(folder: Folder) -> None:
    folder.write("a.py", "a", "a2")
    folder.write("b.py", "b")
    folder.refresh(everything=True)
    columns = f"dag_id, run_id, run_type, {'logical_date, run_after' if V3 else 'execution_date'}, state"
    times = "now(), now()" if V3 else "now()"
    for name in ("a", "a2", "b"):
        folder.sql(f"INSERT INTO dag_run ({columns}) VALUES ('{name}', 'r', 'manual', {times}, 'success')")  # noqa: S608
    folder.text("a.py", "raise RuntimeError('not today')  # airflow DAG")
    folder.remove("b.py")
    result = folder.refresh(changed=("a.py",), removed=("b.py",), delete_history=True)
    assert (result["gone"], result["not_deleted"]) == (1, {})
    # Airflow 3 itself hides DAGs whose file has an error.
    assert folder.dags() == ({} if V3 else {"a": "a.py", "a2": "a.py"})
    assert folder.sql("SELECT dag_id FROM dag_run ORDER BY 1") == [["a"], ["a2"]]

    # A DAG that is removed from a remaining file may come back, so its history is kept.
    folder.write("a.py", "a")
    assert folder.refresh(changed=("a.py",), delete_history=True)["gone"] == (0 if V3 else 1)
    assert folder.dags() == {"a": "a.py"}
    assert folder.sql("SELECT dag_id FROM dag_run ORDER BY 1") == [["a"], ["a2"]]


@pytest.mark.slow
@pytest.mark.skipif(V3, reason="Airflow 3 gives each version of a DAG a row of its own")
def test_the_scheduler_may_write_the_same_dag_at_the_same_time(folder: Folder) -> None:
    folder.write("a.py", "a")
    folder.refresh(everything=True)
    folder.sql("CREATE TABLE other AS SELECT * FROM serialized_dag")
    folder.sql("DELETE FROM serialized_dag")
    argv = ["docker", "exec", "-i", f"{PROJECT}-postgres-1", "psql", "-q", "-U", "airflow", "-d", "dags"]
    with (
        subprocess.Popen(argv, stdin=subprocess.PIPE, text=True) as scheduler,
        ThreadPoolExecutor() as pool,
    ):
        assert scheduler.stdin
        print("BEGIN; INSERT INTO serialized_dag SELECT * FROM other;", file=scheduler.stdin, flush=True)
        refresh = pool.submit(folder.refresh, changed=("a.py",))
        # The refresh waits for the other transaction to finish, and then finds the row that it was about to write.
        wait(lambda: folder.sql("SELECT 1 FROM pg_locks WHERE NOT granted"))
        print("COMMIT;", file=scheduler.stdin, flush=True)
        scheduler.stdin.close()
        assert refresh.result()["dags"] == 1
    assert folder.dags() == {"a": "a.py"}


MAKE = """
from pathlib import Path
for number in range(500):
    Path(f"dags/f{number}.py").write_text(Path("dags/a.py").read_text().replace("NAME", f"d{number}"))
"""


@pytest.mark.slow
def test_many_files(folder: Folder) -> None:
    folder.write("a.py", "NAME")
    folder.stack.inside("python", "-c", MAKE, service="dags")
    started = time.monotonic()
    assert folder.refresh(everything=True)["dags"] == 501
    print(f"501 files: {time.monotonic() - started:.1f} s")
    started = time.monotonic()
    assert folder.refresh(changed=("f1.py",))["parsed"] == 1
    print(f"one of them: {time.monotonic() - started:.1f} s")
