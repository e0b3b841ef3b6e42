"""The check of DAG files on a real Airflow: every kind of faulty file, and many files without faults."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.containers.airflow import InsideError
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.dag_check import policy as dag_policy
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.dag_check.parse import parse_files

from tests.lab.docker import docker
from tests.lab.names import V3
from tests.objects.dag_files import FILES, START, TOP, Hit
from tests.objects.stack import SCHEDULER, Stack, run_command

FOLDER = "/tmp/dags-check"
LIMIT = 8
CONTEXT = {
    "project": "airflow",
    "services": ["worker", "postgres"],
    "networks": ["airflow"],
    "projects_directory": "/usr/local/projects",
    "airflow_directory": "/usr/local/projects/airflow",
    "sources": {"/usr/local/projects/gone": False},
    "images": {"gone:1": "manifest unknown"},
    "slow_seconds": 3,
    "queues": ["default"],
    "roles": True,
}
Report = dict[str, Any]


def check(folder: str, *, jobs: int = 0, **environment: str) -> Report:
    """Run the check in the scheduler's container."""
    variables = {"AIRFLOW__CORE__DAGS_FOLDER": folder, **environment}
    options = [word for name, value in variables.items() for word in ("-e", f"{name}={value}")]
    argv = ["docker", "exec", "-i", *options, SCHEDULER, "python"]
    wanted = {"folder": folder, "limit": LIMIT, "jobs": jobs, "database": True, "plugins": False}
    return parse_files(run_command, argv, SCHEDULER, timeout=200, **wanted)


def put(files: Mapping[str, str], place: Path, folder: str) -> None:
    """Copy files into the scheduler's container, readable by all users."""
    place.mkdir(mode=0o755)
    for name, text in files.items():
        path = place / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    docker("exec", "-u", "0", SCHEDULER, "rm", "-rf", folder)
    docker("cp", "-q", str(place), f"{SCHEDULER}:{folder}")


def found(report: Report) -> dict[str, list[Hit]]:
    """Findings by file."""
    context = {**CONTEXT, **report["database"], "unknown": {}}
    findings, not_checked = dag_policy.check(report, context)
    assert not_checked == {}
    result = defaultdict(list)
    for each in findings:
        place = each.place
        result[place.file].append(Hit(each.rule, place.line, place.dag_id, place.task_id))
    return result


@pytest.fixture(scope="module")
def checked(running: Stack, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Report]:
    """Report of the check on all files."""
    running.clear()
    running.sql(
        "INSERT INTO connection (conn_id, conn_type, port, is_encrypted, is_extra_encrypted)"
        " VALUES ('stored', 'http', 1, false, false)"
    )
    running.sql("UPDATE connection SET password = 'find-me-now'")
    running.sql("INSERT INTO variable (key, val, is_encrypted) VALUES ('env', 'prod', false)")
    running.sql("INSERT INTO ab_role (id, name) SELECT nextval('ab_role_id_seq'), 'Op' ON CONFLICT DO NOTHING")
    files = {name: TOP + text for name, (text, _) in FILES.items()}
    extra = {
        "empty.py": "",
        "no_dag.py": "1 / 0\n",
        ".airflowignore": "ignored/\n",
        "package/shared.py": "import nothing_like_it",
    }
    place = tmp_path_factory.mktemp("check") / "dags"
    put({**files, **extra}, place, FOLDER)
    yield check(FOLDER, jobs=4, AIRFLOW_CONN_KNOWN="http://user:find-me-now@host")
    docker("exec", "-u", "0", SCHEDULER, "rm", "-rf", FOLDER)


def test_only_files_that_airflow_would_load_are_loaded(checked: Report) -> None:
    left_out = {"ignored/left_out.py", "package/shared.py"}
    assert [file["file"] for file in checked["files"]] == sorted(FILES.keys() - left_out)
    assert checked["exists"] is True


@pytest.mark.parametrize("name", [name for name in FILES if name != "schedules.py"])
def test_what_is_found(checked: Report, name: str) -> None:
    hits = FILES[name][1]
    if name.startswith("package/"):
        # The fault is in the imported module.
        hits = [Hit("import-error", 1)] if name == "package/shared.py" else []
    # On a busy machine every file can be slow.
    assert [hit for hit in found(checked)[name] if hit in hits or hit.rule != "slow-import"] == hits


def test_the_end_of_each_says_what_it_was(checked: Report) -> None:
    files = {file["file"]: file for file in checked["files"]}
    if V3:
        assert "SIGSEGV" in files["segv.py"]["errors"][0]["text"]
        assert files["sys_exit.py"]["errors"][0]["text"] == "SystemExit: 3"
    else:
        assert files["segv.py"]["crash"] == "killed by SIGSEGV"
        assert files["sys_exit.py"]["crash"] == "sys.exit(3)"
    assert files["os_exit.py"]["crash"] == "os._exit or C code with exit code 4"
    assert files["loop.py"]["timeout"] == LIMIT
    errors = {name: file["errors"][0]["text"] for name, file in files.items() if file.get("errors")}
    assert errors["cycle.py"].lower().endswith("cycle detected in dag: cycle. faulty task: b")
    assert errors["missing_import.py"] == "ModuleNotFoundError: No module named 'no_such_module'"
    assert errors["package/سلام دنیا.py"] == "ModuleNotFoundError: No module named 'nothing_like_it'"
    assert "[61 * * * *] is not acceptable" in errors["bad_cron.py"]


def test_an_error_shows_no_secret_and_a_connection_may_be_anywhere(checked: Report) -> None:
    files = {file["file"]: file for file in checked["files"]}
    assert files["secret.py"]["errors"][0]["text"] == "ValueError: ***"
    assert files["connection.py"]["errors"][0]["text"] == "ValueError: ***"
    # Tasks use three connections; `known` is in the environment, `stored` in the database.
    assert checked["database"]["connections"] == ["known", "stored"]


def test_a_file_gets_what_the_database_has_and_writes_nothing(checked: Report, running: Stack) -> None:
    files = {file["file"]: file for file in checked["files"]}
    assert [dag["dag_id"] for dag in files["variable.py"]["dags"]] == ["variable_prod"]
    assert "gone" in files["variable_gone.py"]["errors"][0]["text"]
    # The other DAG of the file is not affected.
    assert [dag["dag_id"] for dag in files["timetable.py"]["dags"]] == ["good"]
    assert "OfMine" in files["timetable.py"]["errors"][0]["text"]
    refused = [error["text"] for error in files["access.py"]["errors"]]
    assert ["can_fly" in refused[0], "Opp" in refused[1]] == [True, True]
    assert running.sql("SELECT key FROM variable").split() == ["env"]
    assert running.sql("SELECT count(*) FROM serialized_dag WHERE dag_id LIKE 'variable%'").strip() == "0"
    assert running.sql("SELECT count(*) FROM ab_view_menu WHERE name LIKE '%granted%'").strip() == "0"


def test_nothing_stays(checked: Report, running: Stack) -> None:
    assert checked
    programs = "for each in /proc/[0-9]*; do tr '\\0' ' ' <$each/cmdline; echo; done 2>/dev/null"
    listed = running.inside("bash", "-c", programs)
    assert "airflow scheduler" in listed
    assert not [line for line in listed.splitlines() if line.startswith(("sleep 4321", "python -c"))]


def test_schedules(checked: Report) -> None:
    hits = [hit for hit in found(checked)["schedules.py"] if hit.rule != "slow-import"]
    assert sorted(hits) == [hit._replace(line=None) for hit in FILES["schedules.py"][1]]


def test_without_a_database_connections_are_unknown(running: Stack) -> None:
    assert running
    report = check(
        FOLDER + "/ignored", AIRFLOW__DATABASE__SQL_ALCHEMY_CONN="postgresql+psycopg2://airflow@localhost:1/airflow"
    )
    known = report["database"]
    assert (known["connections"], known["pools"], known["unknown"].split(":")[0]) == (None, None, "OperationalError")


def test_no_folder(running: Stack) -> None:
    assert running
    report = check("/nowhere")
    assert (report["exists"], report["files"]) == (False, [])
    with pytest.raises(InsideError, match="PermissionError"):
        check("/root")


@pytest.mark.slow
def test_two_hundred_small_files(running: Stack, tmp_path: Path) -> None:
    assert running
    text = f"""
from airflow.operators.bash import BashOperator
with DAG("small_{{number}}", {START}, schedule="@daily", catchup=False):
    BashOperator(task_id="a", bash_command="true") >> BashOperator(task_id="b", bash_command="true")
"""
    files = {f"small_{number}.py": TOP + text.format(number=number) for number in range(200)}
    put(files, tmp_path / "dags", FOLDER + "-200")
    report = check(FOLDER + "-200")
    assert [file for file in report["files"] if file["errors"] or len(file["dags"]) != 1] == []
    assert len(report["files"]) == 200
