"""Tests of the check that the hosts agree."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.plan.problems.agreement import (
    SHARED,
    agreement_problems,
    settings,
    users,
)

from tests.support.judged import spec

GROUPS = {"airflow": ["a", "b", "c"], "airflow_scheduler": ["a", "b"], "airflow_worker": ["c"], "airflow_redis": ["b"]}
SERVICES = {
    "groups": {"scheduler": "airflow_scheduler", "worker": "airflow_worker", "redis": "airflow_redis"},
    "airflow_names": ["scheduler", "worker", "triggerer"],
}
USING = users(GROUPS, SERVICES)
SPEC = spec("airflow")


def differing(hosts: dict[str, dict[str, Any]]) -> dict[str, list[str]]:
    """Return the places of the findings by host."""
    said = settings(hosts, SPEC)
    return {
        host: places
        for host in GROUPS["airflow"]
        if (places := [each.place for each in agreement_problems(host, USING, said)])
    }


def test_all_are_variables_of_the_role() -> None:
    assert SHARED.keys() <= SPEC.keys()


@pytest.mark.parametrize(
    ("name", "a", "b", "c", "found"),
    [
        ("airflow_version", "3.3.2", "3.3.2", "3.3.2", []),
        ("airflow_version", "3.3.2", "3.3.2", None, ["c"]),
        # The host with the forgotten line, not all the others.
        ("airflow_version", None, None, "3.3.2", ["c"]),
        ("airflow_version", "3.3.1", "3.3.2", "3.3.2", ["a"]),
        ("airflow_version", None, None, "2.5.3", []),
        # INI files have texts.
        ("airflow_tls", "true", True, "yes", []),
        ("airflow_tls", False, False, None, ["c"]),
        # The default of several hosts.
        ("airflow_tls", True, None, None, []),
        ("airflow_tls", "no", None, None, ["a"]),
        ("airflow_backup_time", "04:30", None, None, ["a"]),
        ("airflow_directory", "/data/airflow/", "/data/airflow", "/data/airflow", []),
        ("airflow_pools", [{"slots": "4"}], [{"slots": 4}], None, []),
        ("airflow_fernet_key", "x", "x", "x", []),
        ("airflow_fernet_key", "x", "x", "y", ["c"]),
        ("airflow_fernet_key", None, None, "y", ["c"]),
        ("airflow_postgres_external", {"host": "x", "port": 1}, {"port": 1, "host": "x"}, {"host": "x", "port": 1}, []),
        ("airflow_postgres_databases", [{"name": "dwh"}], [{"name": "dwh"}], None, ["c"]),
        # Only schedulers seed objects, so other hosts can have what they like. A value that no scheduler has is lost.
        ("airflow_pools", [1], [1], None, []),
        ("airflow_pools", [1], [1], [2], []),
        ("airflow_pools", [1], None, None, ["b"]),
        ("airflow_pools", [1], None, [1], ["b"]),
        ("airflow_pools", None, None, [1], ["a", "b"]),
        ("airflow_pools", None, [], None, []),
        ("airflow_pools_purge", False, None, None, []),
        ("airflow_dags_source", None, None, "other", ["c"]),
        ("airflow_dags_source", "dags", "dags/", "dags", []),
    ],
)
def test_each_variable(name: str, a: Any, b: Any, c: Any, found: list[str]) -> None:
    hosts = {host: {} if value is None else {name: value} for host, value in {"a": a, "b": b, "c": c}.items()}
    assert differing(hosts) == {host: [name] for host in found}


def test_no_value_that_can_be_secret_is_kept() -> None:
    said = settings({"a": {"airflow_fernet_key": "sesame"}, "b": {"airflow_fernet_key": "other"}}, SPEC)
    assert said == {"airflow_fernet_key": {"values": {"a": 0, "b": 1}, "set": ["a", "b"], "changes": []}}


def test_a_secret_that_changes_is_refused_and_objects_may() -> None:
    names = ("airflow_fernet_key", "airflow_pools")
    hosts = {host: {name: [host] for name in names} for host in ("a", "b")}
    said = settings(hosts, SPEC, {"a": names, "b": names})
    (found,) = agreement_problems("b", USING, said)
    assert (found.id, found.place) == ("value-changes", "airflow_fernet_key")
    assert "write a fixed one in a vault, or remove the variable" in found
    # On a single host as well.
    (found,) = agreement_problems("a", {**USING, "all": ["a"]}, settings({"a": hosts["a"]}, SPEC, {"a": names}))
    assert found.id == "value-changes"


def test_who_uses_a_variable() -> None:
    assert USING == {"all": ["a", "b", "c"], "seeding": ["a", "b"], "airflow": ["a", "b", "c"]}


def test_the_sentences() -> None:
    hosts = {"a": {"airflow_version": "3.3.1"}, "b": {"airflow_version": "3.3.2"}, "c": {"airflow_version": "3.3.2"}}
    (found,) = agreement_problems("a", USING, settings(hosts, SPEC))
    assert found == (
        "airflow_version: it has another value here than for b, and a stack has one value of it; write it for all "
        "hosts at once, in group_vars/airflow.yml or group_vars/all.yml."
    )
    (found,) = agreement_problems("c", USING, settings({**hosts, "a": hosts["b"], "c": {}}, SPEC))
    assert "it is set for a, but not here, where it is used" in found
    (found,) = agreement_problems("a", USING, settings({**hosts, "b": {}, "c": {}}, SPEC))
    assert "it is set here, but not for b" in found
