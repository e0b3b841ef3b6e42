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
DEFAULTS = {"airflow_version": "2.5.3", "airflow_tls": True, "airflow_dags_source": "dags"}
DEFAULTS["airflow_plugins_source"] = ""


def differing(hosts: dict[str, dict[str, Any]]) -> dict[str, list[str]]:
    """Return the places of the findings by host."""
    said = settings(hosts)
    return {
        host: places
        for host in GROUPS["airflow"]
        if (places := [each.place for each in agreement_problems(DEFAULTS | hosts[host], host, USING, said)])
    }


def test_all_are_variables_of_the_role() -> None:
    assert SHARED.keys() <= spec("airflow").keys()


@pytest.mark.parametrize(
    ("name", "a", "b", "c", "found"),
    [
        ("airflow_version", "3.3.2", "3.3.2", "3.3.2", []),
        ("airflow_version", "3.3.2", "3.3.2", None, ["c"]),
        ("airflow_version", None, None, "3.3.2", ["a", "b"]),
        ("airflow_version", None, None, "2.5.3", []),
        ("airflow_version", "3.3.2", "2.11.2", "3.3.2", ["b", "c"]),
        # INI files have texts.
        ("airflow_tls", "true", True, "True", []),
        ("airflow_tls", False, False, None, ["c"]),
        ("airflow_fernet_key", "x", "x", "x", []),
        ("airflow_fernet_key", "x", "x", "y", ["c"]),
        ("airflow_fernet_key", None, None, "y", ["a", "b"]),
        ("airflow_postgres_external", {"host": "x", "port": 1}, {"port": 1, "host": "x"}, {"host": "x", "port": 1}, []),
        # Only schedulers seed objects, so another host need not know them. A value that no scheduler has is lost.
        ("airflow_pools", {"x": 1}, {"x": 1}, None, []),
        ("airflow_pools", {"x": 1}, None, None, ["b"]),
        ("airflow_pools", None, None, {"x": 1}, ["a", "b"]),
        ("airflow_dags_source", None, None, "other", ["a", "b"]),
        ("airflow_dags_source", "dags", "dags", None, []),
    ],
)
def test_each_variable(name: str, a: Any, b: Any, c: Any, found: list[str]) -> None:
    hosts = {host: {} if value is None else {name: value} for host, value in {"a": a, "b": b, "c": c}.items()}
    assert differing(hosts) == {host: [name] for host in found}


def test_no_value_that_can_be_secret_is_kept() -> None:
    said = settings({"a": {"airflow_fernet_key": "sesame"}, "b": {"airflow_fernet_key": "other"}})
    assert said == {"airflow_fernet_key": {"a": "0", "b": "1"}}


def test_who_uses_a_variable() -> None:
    assert USING == {"all": ["a", "b", "c"], "seeding": ["a", "b"], "airflow": ["a", "b", "c"]}


def test_the_sentence() -> None:
    said = settings({"a": {}, "b": {"airflow_version": "3.3.2"}, "c": {}})
    (found,) = agreement_problems(DEFAULTS, "a", USING, said)
    assert found == (
        "airflow_version: the stack has one value of it, but it is set for b and not here; write it for all hosts at "
        "once, in group_vars/airflow.yml or group_vars/all.yml."
    )
