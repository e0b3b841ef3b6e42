"""Placement of the services of a stack on its hosts."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.plan.topology import (
    internal_ports,
    keeper,
    placement,
    published,
    reachable,
)

from tests import tables

TABLE = tables.services()
OURS: dict[str, Any] = {"airflow_postgres_external": {}, "airflow_redis_external": {}}
SERVER = {"host": "db.example.com"}


@pytest.mark.parametrize(
    ("groups", "host"),
    [
        ({"airflow_postgres": ["a", "b"], "airflow_scheduler": ["c"]}, "a"),
        ({"airflow_postgres": [], "airflow_scheduler": ["c", "d"]}, "c"),
        ({"airflow_scheduler": ["c"]}, "c"),
        ({}, ""),
    ],
)
def test_the_keeper_is_the_host_of_postgres_or_of_the_first_scheduler(groups: dict[str, list[str]], host: str) -> None:
    assert keeper(groups) == host


@pytest.mark.parametrize(
    ("version", "spread", "absent"),
    [
        ("2.5.3", False, ["dag-processor", "execution-api"]),
        ("2.5.3", True, ["dag-processor", "execution-api"]),
        ("3.3.2", False, ["execution-api"]),
        ("3.3.2", True, []),
    ],
)
def test_a_stack_has_the_services_of_its_release_and_size(version: str, spread: bool, absent: list[str]) -> None:
    found = placement(TABLE, OURS, tables.row(version), spread)
    assert found["all_groups"] == tables.groups()
    assert list(found["groups"]) == [name for name in tables.groups() if name not in absent]
    assert list(found["table"]) == [name for name in TABLE if name not in absent]
    assert found["external"] == {}
    assert found["commands"] == tables.commands()


def test_an_unknown_release_lacks_no_service() -> None:
    assert placement(TABLE, OURS, {}, True)["table"] == TABLE


def test_an_external_server_replaces_a_service() -> None:
    found = placement(TABLE, {**OURS, "airflow_postgres_external": SERVER}, tables.row("3.3.2"), True)
    assert found["external"] == {"postgres": SERVER}
    assert list(found["table"]) == [name for name in TABLE if name != "postgres"]
    assert "postgres" not in found["groups"]
    assert "postgres" in found["all_groups"]


def test_each_host_publishes_the_ports_of_its_own_services() -> None:
    row = tables.row("3.3.2")
    groups = {
        "airflow": ["a", "b", "c"],
        "airflow_postgres": ["a"],
        "airflow_redis": ["b"],
        "airflow_triggerer": ["b", "c"],
        "airflow_worker": ["c"],
    }
    found = published(placement(TABLE, OURS, row, True), row, groups)
    assert found == {"a": [5432], "b": [6379, 8794], "c": [8794, 8793]}


def test_an_external_server_publishes_no_port() -> None:
    row = tables.row("2.5.3")
    services = placement(TABLE, {**OURS, "airflow_postgres_external": SERVER}, row, True)
    assert published(services, row, {"airflow": ["a"], "airflow_postgres": ["a"]}) == {"a": []}


def test_a_host_tries_all_internal_ports_of_the_others() -> None:
    row = tables.row("2.5.3")
    assert internal_ports(row) == [5432, 6379, 8793]
    addresses = {"a": "192.0.2.1", "b": "192.0.2.2"}
    assert reachable("a", addresses, row) == {"192.0.2.2": [22, 5432, 6379, 8793]}
    assert reachable("a", {}, row) == {}
