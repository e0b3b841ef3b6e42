"""playbooks/export_airflow_objects.yml: seeding the exported files restores the objects of an Airflow."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
import yaml

from tests.objects.stack import Stack, connections, play, task, words

if TYPE_CHECKING:
    from pathlib import Path

    from tests.objects.conftest import Playbook

ODD = "quotes \" ' back\\slash\nnew line {{ braces }} {% raw %} سلام 100%"
CONNECTIONS: list[dict[str, Any]] = [
    {
        "conn_id": "odd/\\id",
        "conn_type": "http",
        "host": ODD,
        "password": f"find-me {ODD}",
        "extra": {ODD: ODD, "n": 1.0},
    },
    {"conn_id": "plain", "conn_type": "postgres", "host": "h", "port": 0, "extra": {"timeout": 10}},
    {"conn_id": "number", "conn_type": "http", "login": "1", "password": "0700"},
]
TEXTS = ("1", "true", "null", "", "2024-01-31", '{"a": [1]}', "[1", " spaces ", f"find-me {ODD}")
VARIABLES: list[dict[str, Any]] = [
    {"key": f"{ODD} {number}", "value": text, "description": ODD} for number, text in enumerate(TEXTS)
]
POOLS = [{"name": ODD, "slots": -1, "description": ODD}, {"name": "default_pool", "slots": 3}]
ALL_POOLS = "SELECT json_agg(json_build_array(pool, slots, description) ORDER BY pool) FROM slot_pool"


@pytest.mark.slow
def test_what_is_exported_can_be_seeded(stack: Stack, playbook: Playbook, tmp_path: Path) -> None:
    play(connections(CONNECTIONS), task("variables", VARIABLES), task("pools", POOLS))
    before = stack.exported(), stack.variables(), stack.sql(ALL_POOLS)
    directory = tmp_path / "export"
    run = playbook("export_airflow_objects", "-vvv", airflow_export_directory=str(directory))
    assert run.returncode == 0, run.stdout
    assert "find-me" not in run.stdout + run.stderr
    files = {path.name: path for path in directory.iterdir()}
    assert sorted(files) == ["airflow_objects.yml", "vault.yml"]
    assert {path.stat().st_mode & 0o777 for path in (directory, *files.values())} == {0o700, 0o600}
    assert "find-me" not in files["airflow_objects.yml"].read_text()
    given = [option for path in files.values() for option in ("-e", f"@{path}")]
    assert "changed=0 " in playbook("seed_airflow_objects", *given).stdout
    stack.clear()
    assert "changed=1 " in playbook("seed_airflow_objects", *given).stdout
    assert (stack.exported(), stack.variables(), stack.sql(ALL_POOLS)) == before


def test_no_airflow_to_export(playbook: Playbook, tmp_path: Path) -> None:
    directory = tmp_path / "export"
    run = playbook("export_airflow_objects", airflow_export_directory=str(directory), airflow_export_container="nobody")
    assert run.returncode != 0
    assert "here: on host" in words(run.stdout)
    assert "no container named 'nobody' is running" in words(run.stdout)
    assert not directory.exists()


def test_an_empty_airflow_gives_empty_lists(stack: Stack, playbook: Playbook, tmp_path: Path) -> None:
    assert stack.exported() == {}
    run = playbook("export_airflow_objects", airflow_export_directory=str(tmp_path / "export"))
    assert run.returncode == 0, run.stdout
    listed = yaml.safe_load((tmp_path / "export" / "airflow_objects.yml").read_text())
    assert listed["airflow_connections"] == []
