"""Volumes and names of hosts that people add to Airflow's containers."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.plan.problems.mounts import (
    extra_host_problems,
    missing_problems,
    volume_problems,
)


@pytest.mark.parametrize(
    "volumes",
    [
        [],
        ["/mnt/nfs/data:/data", "/etc/krb5.conf:/etc/krb5.conf:ro"],
        ["/srv/a:/opt/airflow/data:rw", "/srv/b:/opt/airflow/dags_of_mine"],
    ],
)
def test_volumes(volumes: list[str]) -> None:
    assert volume_problems(volumes, "/usr/local/projects/airflow") == []


@pytest.mark.parametrize(
    ("volumes", "words"),
    [
        ("/a:/b", "must be a list"),
        ({"/a": "/b"}, "must be a list"),
        (["data:/data"], "with two absolute paths"),
        (["/data"], "with two absolute paths"),
        (["/a:b"], "with two absolute paths"),
        (["/a:/b:z"], "with two absolute paths"),
        ([None], "with two absolute paths"),
        (["/a:/opt/airflow/dags"], "the containers need /opt/airflow/dags"),
        (["/a:/opt/airflow/logs/old:ro"], "the containers need /opt/airflow/logs"),
        (["/a:/opt/airflow"], "the containers need /opt/airflow/"),
        (["/a:/"], "the containers need"),
        (["/etc/ssl/certs:/etc/ssl/certs:ro"], "the containers need /etc/ssl/certs"),
        (["/a:/var/run/secrets/x"], "the containers need /var/run/secrets"),
        (["/a:/usr/local/projects/airflow/ca"], "the containers need /usr/local/projects/airflow/ca"),
        (["/a:/opt/x/../airflow/config"], "the containers need /opt/airflow/config"),
        (["/a:/x", "/b:/x/"], "/b:/x/: another volume has this target"),
    ],
)
def test_volumes_that_are_refused(volumes: Any, words: str) -> None:
    (problem,) = volume_problems(volumes, "/usr/local/projects/airflow")
    assert problem.startswith("airflow_volumes: ")
    assert words in problem


def test_a_missing_source_is_named() -> None:
    (problem,) = missing_problems(["/mnt/nfs"])
    assert "this host has no /mnt/nfs" in problem


@pytest.mark.parametrize(
    "hosts", [{}, {"warehouse.internal": "10.0.0.7", "v6": "fd00::7"}, {"host.docker.internal": "host-gateway"}]
)
def test_hosts(hosts: dict[str, str]) -> None:
    assert extra_host_problems(hosts) == []


@pytest.mark.parametrize(
    ("hosts", "words"),
    [
        (["a:10.0.0.7"], "must be a dict"),
        ({"a b": "10.0.0.7"}, "'a b' is not a host name"),
        ({"-a": "10.0.0.7"}, "is not a host name"),
        ({"a": "10.0.0"}, "airflow_extra_hosts.a: '10.0.0' is not an address"),
        ({"a": None}, "is not an address"),
        ({"a": "other.example"}, "is not an address"),
    ],
)
def test_hosts_that_are_refused(hosts: Any, words: str) -> None:
    (problem,) = extra_host_problems(hosts)
    assert words in problem
