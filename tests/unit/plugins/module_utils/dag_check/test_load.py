"""Files are loaded in a container of the first service that the stack defines; a script stands in for docker."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.containers.compose import ComposeError
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.dag_check.load import NothingThereError, load
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.inside.main import MARK

DOCKER = """#!/bin/sh
echo "$*" | cut -c 1-400 >> "$0.log"
case "$*" in
    *config*) echo '{"name": "airflow", "services": {"worker": {}, "redis": {}}}';;
    *run*) cat > "$0.request"; cat "$0.answer";;
esac
"""


@pytest.fixture
def docker(tmp_path: Path) -> Path:
    program = tmp_path / "docker"
    program.write_text(DOCKER)
    program.chmod(0o755)
    (tmp_path / "compose.yml").touch()
    answer(program, exists=True)
    return program


def answer(docker: Path, *, exists: bool) -> None:
    result = {"reports": {"dags_check": {"exists": exists, "files": []}}, "error": None}
    docker.with_name("docker.answer").write_text(f"{MARK}{json.dumps(result)}\n")


def options(docker: Path, **changed: Any) -> dict[str, Any]:
    given = {"compose_file": str(docker.with_name("compose.yml")), "services": ["cli", "worker"], "folder": "/dags"}
    numbers = {"timeout": 9, "file_timeout": 3.5, "jobs": 2}
    return {**given, **numbers, "policy": True, "plugins_folder": "", "image": "", **changed}


@pytest.mark.parametrize(
    ("changed", "environment", "asked"),
    [
        ({}, ["DAGS_FOLDER=/dags"], {"database": True, "plugins": False}),
        ({"policy": False}, ["DAGS_FOLDER=/dags"], {"database": False, "plugins": False}),
        (
            {"plugins_folder": "/plugins"},
            ["DAGS_FOLDER=/dags", "PLUGINS_FOLDER=/plugins"],
            {"database": True, "plugins": True},
        ),
    ],
)
def test_the_folders_are_passed_to_the_container(
    docker: Path, changed: dict[str, Any], environment: list[str], asked: dict[str, bool]
) -> None:
    definition, report = load(options(docker, **changed), str(docker))
    assert (definition["name"], report["files"]) == ("airflow", [])
    _config, start, _remove = docker.with_name("docker.log").read_text().splitlines()
    variables = " ".join(f"-e AIRFLOW__CORE__{each}" for each in environment)
    assert f" {variables} worker python -c " in start
    (action,) = json.loads(docker.with_name("docker.request").read_text())["actions"]
    assert action == {"name": "dags_check", "folder": "/dags", "limit": 3.5, "jobs": 2, "earlier": False, **asked}


@pytest.mark.parametrize(
    ("changed", "exists", "error", "words"),
    [
        ({"compose_file": "/nonexistent"}, True, NothingThereError, r"there is no stack yet \(/nonexistent\)\."),
        ({"services": ["web", "cli"]}, True, ComposeError, r"compose.yml has none of the services web, cli\."),
        ({}, False, NothingThereError, "there is no folder /dags in the containers"),
        ({"plugins_folder": "/plugins"}, False, NothingThereError, "there is no folder /dags or /plugins in the"),
    ],
)
def test_a_missing_stack_service_or_folder_is_reported(
    docker: Path, changed: dict[str, Any], exists: bool, error: type[Exception], words: str
) -> None:
    answer(docker, exists=exists)
    with pytest.raises(error, match=words):
        load(options(docker, **changed), str(docker))


def test_a_host_without_docker_has_no_stack(docker: Path) -> None:
    with pytest.raises(NothingThereError, match="there is no stack yet"):
        load(options(docker), None)


def test_the_image_of_another_release(docker: Path) -> None:
    load(options(docker, image="apache/airflow:3.3.2"), str(docker))
    run = docker.with_name("docker.log").read_text(encoding="utf-8").splitlines()[-2]
    assert re.match(rf"compose -f {docker.parent}/compose.yml -f /\S+\.json run ", run)
    (action,) = json.loads(docker.with_name("docker.request").read_text())["actions"]
    assert action["earlier"]
