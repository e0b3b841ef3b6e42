"""The name of a container in Airflow's records."""

import importlib.util
import socket
from pathlib import Path

import pytest

PATH = Path(__file__).parents[3] / "roles" / "airflow_stack" / "files" / "stack_address.py"
SPEC = importlib.util.spec_from_file_location("stack_address", PATH)
assert SPEC
assert SPEC.loader
program = importlib.util.module_from_spec(SPEC)
SPEC.loader.exec_module(program)


def test_the_address_of_a_host_among_others_else_the_containers_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AIRFLOW_STACK_ADDRESS", "10.0.0.5")
    assert program.get() == "10.0.0.5"
    monkeypatch.setenv("AIRFLOW_STACK_ADDRESS", "")
    assert program.get() == socket.gethostname()
