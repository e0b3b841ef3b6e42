"""What a host already has, as far as files say it; scenario guards asks a real engine."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.containers import deployed
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.containers.engine import EngineError

ROOT = Path(__file__).resolve().parents[5]


ROW = {"Image": "postgres:15", "ImageID": "sha256:a", "State": "running"}
POSTGRES = {"name": "airflow-postgres-1", "service": "postgres", "ours": True, "running": True}


class Answers:
    """An engine with one answer by the beginning of the path."""

    def __init__(self, **answers: tuple[int, Any]) -> None:
        self.answers = answers

    def get(self, path: str) -> tuple[int, Any]:
        """Return the answer."""
        return self.answers[path.split("/")[1]]


def test_the_command_of_this_project_is_known_by_its_text(tmp_path: Path) -> None:
    path = tmp_path / "airflow"
    assert deployed.command(str(path)) == ""
    path.write_text((ROOT / "roles/airflow_stack/templates/airflow.sh.j2").read_text())
    assert deployed.command(str(path)) == "ours"
    path.write_text("#!/opt/venv/bin/python\nfrom airflow.__main__ import main\n")
    assert deployed.command(str(path)) == "foreign"


def test_a_broken_link_is_somebody_else_s(tmp_path: Path) -> None:
    (tmp_path / "airflow").symlink_to("/opt/venv/bin/airflow")
    assert deployed.command(str(tmp_path / "airflow")) == "foreign"


def test_evidence_is_a_file_with_the_text(tmp_path: Path) -> None:
    for name, text in (("a", "volume airflow_postgres_data"), ("b", "none")):
        (tmp_path / name).write_text(text)
    paths = {str(tmp_path / name): "airflow_postgres_data" for name in ("a", "b", "missing")}
    assert deployed.evidence(paths, {}, "/nonexistent") == [str(tmp_path / "a")]


def test_a_secret_that_is_older_than_the_records_is_evidence(tmp_path: Path) -> None:
    secret, guard = tmp_path / "sql_alchemy_conn", tmp_path / "guard"
    wanted = {str(secret): "@postgres:"}
    assert deployed.evidence({}, wanted, str(guard)) == []
    secret.write_text("postgresql+psycopg2://airflow:x@postgres:5432/airflow")
    # An earlier version of this project kept no records.
    assert deployed.evidence({}, wanted, str(guard)) == [str(secret)]
    guard.write_text("")
    os.utime(secret, (1_000_000, 1_000_000))
    assert deployed.evidence({}, wanted, str(guard)) == [str(secret)]
    # A stack whose database is elsewhere.
    assert deployed.evidence({}, {str(secret): "@10.0.0.1:"}, str(guard)) == []
    # A first run that was killed between the secrets and the database.
    os.utime(guard, (900_000, 900_000))
    assert deployed.evidence({}, wanted, str(guard)) == []


def test_the_version_is_that_of_the_data(tmp_path: Path) -> None:
    engine: Any = Answers(volumes=(200, {"Mountpoint": str(tmp_path)}))
    assert deployed.volume(engine, "v") == {"directory": str(tmp_path), "postgres": "", "owner": -1}
    (tmp_path / "PG_VERSION").write_text("15\n")
    assert deployed.volume(engine, "v") == {"directory": str(tmp_path), "postgres": "15", "owner": os.getuid()}
    missing: Any = Answers(volumes=(404, {"message": "get v: no such volume"}))
    assert deployed.volume(missing, "v") is None
    # An answer that does not say whether the volume exists, as of a proxy that denies it.
    denied: Any = Answers(volumes=(403, {}))
    with pytest.raises(EngineError):
        deployed.volume(denied, "v")


def test_containers_have_an_owner_and_a_directory() -> None:
    labels = {"com.docker.compose.project.working_dir": "/home/me/airflow"}
    mount = {"Destination": "/opt/airflow/dags", "Source": "/srv/airflow/dags"}
    rows = [
        {**ROW, "Names": ["/airflow-worker-1"], "Labels": {**labels, "ansible-airflow.files": "0"}, "Mounts": [mount]},
        {**ROW, "Names": ["/other"], "Labels": labels},
    ]
    engine: Any = Answers(containers=(200, rows))
    found = deployed.containers(engine, "airflow")
    assert [(each["name"], each["ours"], each["directory"]) for each in found] == [
        ("airflow-worker-1", True, "/srv/airflow"),
        ("other", False, ""),
    ]
    broken: Any = Answers(containers=(500, {}))
    with pytest.raises(EngineError):
        deployed.containers(broken, "airflow")


@pytest.mark.parametrize(
    ("changes", "answer", "found"),
    [
        ({}, (0, "290244fb8b83\n", ""), "290244fb8b83"),
        ({}, (1, "", 'relation "alembic_version" does not exist'), ""),
        ({}, (124, "", ""), ""),
        ({"running": False}, None, ""),
        ({"ours": False}, None, ""),
        ({"service": "redis"}, None, ""),
    ],
)
def test_the_revision_comes_from_a_running_postgres(
    changes: dict[str, Any], answer: tuple[int, str, str], found: str
) -> None:
    asked: list[list[str]] = []

    def run(argv: list[str]) -> tuple[int, str, str]:
        asked.append(argv)
        return answer

    assert deployed.revision(run, "/run/docker.sock", [{**POSTGRES, **changes}]) == found
    assert len(asked) == bool(answer)
    assert all(argv[:4] == ["timeout", "15", "docker", "--host"] for argv in asked)
