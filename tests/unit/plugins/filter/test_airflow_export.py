"""Inventory files exported from an Airflow, parsed again as Ansible parses them."""

from __future__ import annotations

from typing import Any

from ansible._internal._datatag._tags import TrustedAsTemplate
from ansible.parsing.dataloader import DataLoader
from ansible.template import Templar
from ansible_collections.ansible_airflow.airflow.plugins.filter.airflow_export import FilterModule
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.objects.kinds import KINDS

inventory_files = FilterModule().filters()["airflow_inventory_files"]

ODD = "quotes \" ' back\\slash\nnew line {{ braces }} {% raw %} {# not a comment #} سلام 100%"
CONNECTIONS: dict[str, dict[str, Any]] = {
    "plain": {"conn_type": "http", "host": "h", "password": None, "port": 0, "extra": {"timeout": 10, "verify": False}},
    "se{{c}}'ret\"": {"conn_type": "http", "host": ODD, "password": "find-me-1", "extra": {"a": [{"b": "find-me-2"}]}},
    "odd": {"conn_type": "http", "password": ODD, "extra": {ODD: ODD}},
    "o'd'd": {"conn_type": "http", "password": "one"},
    "o.d.d": {"conn_type": "http", "password": "two"},
    "like a number": {"conn_type": "http", "login": "1", "password": "007", "extra": None},
}


def read(files: dict[str, str]) -> dict[str, Any]:
    """Variables that Ansible reads from the two files."""
    loader = DataLoader()
    variables: dict[str, Any] = {}
    for text in files.values():
        variables |= loader.load(TrustedAsTemplate().tag(text))
    result: dict[str, Any] = Templar(loader, variables).template({name: variables[name] for name in variables})
    return {name: value for name, value in result.items() if not name.startswith("vault_")}


def objects(**kinds: Any) -> dict[str, Any]:
    return {**{kind.option: {} for kind in KINDS}, **kinds}


def test_connections_survive_the_round_trip() -> None:
    files = inventory_files(objects(connections=CONNECTIONS), "airflow1")
    listed = read(files)["airflow_connections"]
    assert {entry.pop("conn_id"): entry for entry in listed} == {
        name: {field: value for field, value in fields.items() if value is not None}
        for name, fields in CONNECTIONS.items()
    }
    assert "# Objects of Airflow on airflow1" in files["inventory"]


def test_secrets_are_in_the_vault_file_only() -> None:
    files = inventory_files(objects(connections=CONNECTIONS), "airflow1")
    assert "find-me" not in files["inventory"]
    assert "007" not in files["inventory"]
    assert files["vault"].count("find-me") == 2
    assert "vault_airflow_connections[" in files["inventory"]
    assert "timeout: 10" in files["inventory"]


def test_an_empty_airflow_gives_empty_lists() -> None:
    files = inventory_files(objects(), "airflow1")
    assert read(files) == {f"airflow_{kind.option}": [] for kind in KINDS}
    assert files["vault"].endswith("{}\n")


def test_excluded_objects_are_not_listed() -> None:
    files = inventory_files(objects(connections=CONNECTIONS), "airflow1", {"connections": ["odd"]})
    assert "odd" not in {entry["conn_id"] for entry in read(files)["airflow_connections"]}


def test_variables_pools_and_users() -> None:
    given = objects(
        variables={
            "text": {"value": '{"looks": "like JSON"}', "description": None},
            "airflow_dags_release": {"value": "{}", "description": None},
        },
        pools={"default_pool": {"slots": 128, "description": "Default pool", "include_deferred": None}},
        users={"jane": {"email": "j@example.com", "firstname": "Jane", "lastname": "D", "roles": ["Op"]}, "admin": {}},
    )
    files = inventory_files(given, "airflow1", {"users": ["admin"]})
    listed = read(files)
    assert listed["airflow_variables"] == [{"key": "text", "value": '{"looks": "like JSON"}'}]
    assert listed["airflow_pools"] == [{"name": "default_pool", "slots": 128, "description": "Default pool"}]
    assert [user["username"] for user in listed["airflow_users"]] == ["jane"]
    assert "looks" not in files["inventory"]
