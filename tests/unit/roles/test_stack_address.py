"""The name of a container in Airflow's records."""

import socket

import pytest

from tests.programs import load

program = load("stack_address")


def test_the_address_of_a_host_among_others_else_the_containers_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AIRFLOW_STACK_ADDRESS", "10.0.0.5")
    assert program.get() == "10.0.0.5"
    monkeypatch.setenv("AIRFLOW_STACK_ADDRESS", "")
    assert program.get() == socket.gethostname()
