"""The host name of a container in Airflow's metadata."""

import socket

import pytest

from tests.support.programs import load

program = load("stack_address")


def test_the_address_on_several_hosts_otherwise_the_container_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AIRFLOW_STACK_ADDRESS", "10.0.0.5")
    assert program.get() == "10.0.0.5"
    monkeypatch.setenv("AIRFLOW_STACK_ADDRESS", "")
    assert program.get() == socket.gethostname()
