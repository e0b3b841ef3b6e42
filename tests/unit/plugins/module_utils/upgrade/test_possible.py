"""Whether a host can run again what it ran before an upgrade; a script stands in for docker."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.containers.docker_command import Docker
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.upgrade.possible import healthy, problems

DOCKER = """#!/bin/sh
case "$*" in
    *"config --format json"*) cat "$0.config";;
    "image inspect"*gone*) echo "No such image" >&2; exit 1;;
    "image inspect"*) echo sha256:1;;
    ps*airflow-postgres-1*) echo running;;
    ps*health=healthy*) printf 'worker\\npostgres\\n';;
    inspect*) echo postgres:15;;
esac
"""


def asked(tmp_path: Path, services: dict[str, str], before: str = "old", now: str = "old") -> list[str]:
    """Problems of a host whose compose definition from before has these images."""
    program = tmp_path / "docker"
    program.write_text(DOCKER, encoding="utf-8")
    program.chmod(0o755)
    config = {"services": {name: {"image": image} for name, image in services.items()}}
    (tmp_path / "docker.config").write_text(json.dumps(config), encoding="utf-8")
    kept, secrets = tmp_path / "kept", tmp_path / "secrets"
    for directory, text in ((Path(f"{kept}{secrets}"), before), (secrets, now)):
        directory.mkdir(parents=True)
        (directory / "postgres_password").write_text(text, encoding="utf-8")
    (kept / "compose.yml").touch()
    return problems(Docker(str(program)), str(kept), "/compose.yml", str(secrets))


def test_nothing_in_the_way(tmp_path: Path) -> None:
    assert asked(tmp_path, {"worker": "apache/airflow:2.5.3", "postgres": "postgres:15"}) == []


@pytest.mark.parametrize(
    ("services", "now", "words"),
    [
        ({"worker": "apache/airflow:gone"}, "old", "its image apache/airflow:gone is not on this host any more"),
        ({"postgres": "postgres:13"}, "old", "Postgres ran postgres:13 then and runs postgres:15 now"),
        ({"worker": "apache/airflow:2.5.3"}, "new", "postgres_password has changed since"),
    ],
)
def test_what_prevents_it(tmp_path: Path, services: dict[str, str], now: str, words: str) -> None:
    (problem,) = asked(tmp_path, services, now=now)
    assert words in problem


def test_a_host_that_was_added_with_the_upgrade(tmp_path: Path) -> None:
    assert problems(Docker("docker"), str(tmp_path), "/compose.yml", "/secrets") == []


def test_only_healthy_services_are_waited_for_later(tmp_path: Path) -> None:
    asked(tmp_path, {})
    assert healthy(Docker(str(tmp_path / "docker")), "airflow") == ["postgres", "worker"]
