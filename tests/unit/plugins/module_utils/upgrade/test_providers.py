"""Connections whose type another release does not know."""

from __future__ import annotations

from pathlib import Path

from ansible_collections.ansible_airflow.airflow.plugins.module_utils.containers.docker_command import Docker
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.upgrade.providers import known, unknown


def test_each_unknown_type_is_named_once() -> None:
    connections = {
        "http": ["a"],
        "qubole": ["q1", "q2"],
        "generic": ["g"],
        "": ["n"],
        "sqoop": [f"s{n}" for n in range(8)],
    }
    first, second = unknown(connections, {"http", "postgres"}, "3.3.2")
    assert "image of Airflow 3.3.2 knows the type qubole of connection q1, q2. Hooks" in first
    assert "type sqoop of connection s0, s1, s2, s3, s4 and 3 more." in second


def test_an_image_that_does_not_say_its_types_warns_of_nothing(tmp_path: Path) -> None:
    for text, types in (("echo failed; exit 1", set()), ("echo WARNING; echo '[\"http\"]'", {"http"})):
        program = tmp_path / "docker"
        program.write_text(f'#!/bin/sh\n[ "$1" = run ] || exit 0\n{text}\n', encoding="utf-8")
        program.chmod(0o755)
        assert known(Docker(str(program)), "x", "image") == types
    assert unknown({"http": ["a"]}, set(), "3.3.2") == []
