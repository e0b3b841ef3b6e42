from pathlib import Path
from typing import Any

import yaml

from tests.lab.inventory import connection, render, variables
from tests.lab.platforms import Platform

PLATFORMS = [
    Platform("airflow1", ("airflow_postgres", "airflow_worker")),
    Platform("airflow2", ("airflow_worker",)),
    Platform("bare1"),
    Platform("feeds", serves="feeds"),
]
PEM = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"


def rendered(platforms: list[Platform]) -> dict[str, Any]:
    hosts = {
        platform.name: connection(Path("/lab"), f"10.201.0.1{number}", f"demo-{platform.name}")
        for number, platform in enumerate(platforms)
        if not platform.serves
    }
    text = render(platforms, hosts, variables({"own-ca": PEM}, "stand-in", feeds=True))
    found: dict[str, Any] = yaml.safe_load(text)
    return found


def test_groups_list_their_hosts_and_lab_servers_are_not_in_the_inventory() -> None:
    everything = rendered(PLATFORMS)["all"]
    assert set(everything["hosts"]) == {"airflow1", "airflow2", "bare1"}
    assert everything["children"] == {
        "airflow_postgres": {"hosts": {"airflow1": {}}},
        "airflow_worker": {"hosts": {"airflow1": {}, "airflow2": {}}},
    }


def test_hosts_are_connected_to_with_pinned_host_keys_only() -> None:
    host = rendered(PLATFORMS)["all"]["hosts"]["airflow2"]
    assert host["ansible_host"] == "10.201.0.11"
    assert host["ansible_user"] == "admin"
    assert host["ansible_ssh_private_key_file"] == "/lab/id_ed25519"
    assert host["lab_container"] == "demo-airflow2"
    arguments = str(host["ansible_ssh_common_args"]).split()
    assert "UserKnownHostsFile=/lab/known_hosts" in arguments
    assert "StrictHostKeyChecking=yes" in arguments


def test_every_host_gets_the_variables_of_the_lab() -> None:
    shared = rendered(PLATFORMS)["all"]["vars"]
    assert shared["docker_registry_mirrors"] == ["http://registry.lab:5000"]
    assert shared["docker_ca_certificates"] == [{"name": "own-ca", "content": PEM}]
    assert shared["lab_image_source"] == "stand-in"
    assert shared["lab_feeds_url"] == "http://feeds.lab:8000"
    assert "lab_feeds_url" not in variables({}, "official", feeds=False)


def test_without_groups_the_inventory_has_no_empty_section() -> None:
    assert set(rendered([Platform("bare1")])["all"]) == {"hosts", "vars"}
