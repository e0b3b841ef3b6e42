"""The check of DAG files and the release's own DAG processor give the same results for the same files."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.dag_check.parse import parse_files

from tests.lab.docker import docker
from tests.lab.names import V3
from tests.objects.dag_files import FILES, TOP
from tests.objects.stack import PROJECT, ROW, SERIES, Stack, run_command

if TYPE_CHECKING:
    from collections.abc import Iterator

FOLDER, PLUGINS = "/tmp/processor/dags", "/tmp/processor/plugins"
CONTAINER = f"{PROJECT}-processor-1"
# Files whose parsing the processor kills, or that end the processor: the database has no record of them.
LEFT_OUT = {"loop.py", "loop_for_ever.py", "os_exit.py", "orphan.py", "segv.py", "sys_exit.py", "slow.py"}
# Files that write to the database, which the check forbids.
LEFT_OUT |= {"write.py", "own_engine.py"}
# Postgres refuses to store these: the processor of 3.3.2 exits because of that, that of 2.5.3 records nothing.
LEFT_OUT |= {"nul.py", "infinite.py"}
# The release's own example DAGs and their plugins, the same as with load_examples.
EXAMPLES = f"""set -e
examples=$(python -W ignore -c 'import airflow.example_dags as found; print(list(found.__path__)[0])')
mkdir -p {FOLDER} && cp -r "$examples" {FOLDER}/example_dags && mv {FOLDER}/example_dags/plugins {PLUGINS}
# Classes of plugins are identified by their names in the plugins folder.
sed -i 's/airflow.example_dags.plugins[.]//' {FOLDER}/example_dags/*.py
"""
PROCESSOR = (
    ["airflow", "dag-processor", "--num-runs", "1", "--bundle-name", "dags-folder"]
    if V3
    else ["airflow", "dag-processor", "--num-runs", "1", "--subdir", FOLDER]
)


class Processor:
    """A container with an Airflow that uses a separate database, and queries of that database."""

    def __init__(self, stack: Stack) -> None:
        self.stack = stack

    def sql(self, statement: str) -> list[str]:
        argv = ["psql", "-U", "airflow", "-d", "processor", "-Atc", statement]
        return docker("exec", f"{PROJECT}-postgres-1", *argv).splitlines()

    def inside(self, *argv: str) -> str:
        return self.stack.inside(*argv, service="processor")


@pytest.fixture
def processor(stack: Stack) -> Iterator[Processor]:
    stack.sql("CREATE DATABASE processor")
    stack.idle(
        "processor",
        AIRFLOW__DATABASE__SQL_ALCHEMY_CONN=stack.database("processor"),
        AIRFLOW__CORE__DAGS_FOLDER=FOLDER,
        AIRFLOW__CORE__PLUGINS_FOLDER=PLUGINS,
        AIRFLOW__SCHEDULER__STANDALONE_DAG_PROCESSOR="True",
        AIRFLOW_CONN_KNOWN="http://user:find-me-now@host",
    )
    made = Processor(stack)
    made.inside("bash", "-c", f"{ROW['migrate']} && airflow sync-perm")
    made.inside("bash", "-c", EXAMPLES)
    made.sql("INSERT INTO variable (key, val, is_encrypted) VALUES ('env', 'prod', false)")
    made.sql(
        "INSERT INTO connection (conn_id, conn_type, password, is_encrypted, is_extra_encrypted)"
        " VALUES ('stored', 'http', 'find-me-now', false, false)"
    )
    yield made
    docker("rm", "--force", CONTAINER)
    stack.sql("DROP DATABASE processor")


def put_our_files(place: Path) -> None:
    """Add the test files next to the release's examples."""
    place.mkdir(mode=0o755)
    for name, (text, _) in FILES.items():
        if name not in LEFT_OUT:
            path = place / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(TOP + text, encoding="utf-8")
    docker("cp", "-q", f"{place}/.", f"{CONTAINER}:{FOLDER}")


def without_broken_plugins(processor: Processor) -> list[str]:
    """Remove the example plugins that do not work, and return the errors that the check reported for them.

    In 2.5.3 one is a listener with an argument that the hook of the same release lacks: no Airflow service starts with
    it. Another plugin imports pandas, which is not in every image.
    """
    said: list[str] = []
    while "plugins" in (errors := ours()[2]):
        said += map(str, errors["plugins"])
        broken = "listener_plugin.py" if "PluginValidationError" in said[-1] else "workday.py"
        # Fails if the file was removed before.
        processor.inside("rm", f"{PLUGINS}/{broken}")
    return said


def ours() -> tuple[set[str], set[str], dict[str, Any]]:
    """Results of the check: files with an error, DAGs that Airflow will store, and the errors by file."""
    argv = ["docker", "exec", "-i", CONTAINER, "python"]
    wanted = {"folder": FOLDER, "limit": 60, "jobs": 0, "database": True, "plugins": True}
    report = parse_files(run_command, argv, CONTAINER, timeout=600, **wanted)
    errors = {
        file["file"]: [file.get("crash") or file.get("timeout"), *(error["text"] for error in file.get("errors", ()))]
        for file in report["files"]
        if file.get("errors") or "dags" not in file
    }
    stored = {dag["dag_id"] for file in report["files"] for dag in file.get("dags", ())}
    return set(errors), stored, errors


def theirs(processor: Processor) -> tuple[set[str], set[str]]:
    """Results of the release's own processor in its database: files with an error, and DAGs."""
    processor.inside(*PROCESSOR)
    failed = {path.removeprefix(FOLDER).lstrip("/") for path in processor.sql("SELECT filename FROM import_error")}
    return failed, set(processor.sql("SELECT DISTINCT dag_id FROM serialized_dag"))


@pytest.mark.slow
def test_the_check_finds_what_the_processor_finds(processor: Processor, tmp_path: Path) -> None:
    put_our_files(tmp_path / "dags")
    broken = without_broken_plugins(processor)
    assert any("event_listener" in text for text in broken) is (SERIES == "2.5")
    failed, stored, errors = ours()
    assert processor.sql("SELECT count(*) FROM serialized_dag") == ["0"]
    real_failed, real_stored = theirs(processor)
    assert {path: errors[path] for path in failed - real_failed} == {}
    assert real_failed - failed == set()
    assert (stored - real_stored, real_stored - stored) == (set(), set())
    # Both have parsed the examples, whose only errors are modules that this image lacks.
    assert len(real_stored) > 40
    wrong = [errors[path] for path in real_failed if path.startswith("example_dags")]
    assert [texts for texts in wrong if "No module named" not in str(texts)] == []
