"""Hosts that can be removed from a stack."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.plan.problems.removal import removal_problems

PLAN: dict[str, Any] = {
    "published": {"a": [5432], "b": [], "c": [8793]},
    "services": {
        "groups": {"postgres": "airflow_postgres", "scheduler": "airflow_scheduler", "worker": "airflow_worker"},
        "hosts": {"postgres": ["a"], "scheduler": ["b"], "worker": ["b", "c"]},
    },
    "workers": {"queues": {"b": ["default"], "c": ["default"]}},
}


def test_a_host_that_nothing_needs_can_be_removed() -> None:
    assert removal_problems("c", PLAN) == []


@pytest.mark.parametrize(
    ("host", "queues", "words"),
    [
        ("c", ["default", "red"], ["no other worker serves red,"]),
        ("a", ["default"], ["the only host in group airflow_postgres", "data is not moved"]),
        ("b", ["default"], ["the only host in group airflow_scheduler", "add another host to the group"]),
        ("", ["default"], ["airflow_remove_host: '' is not a host", "one of a, b, c"]),
    ],
)
def test_a_host_that_the_stack_needs_is_not_removed(host: str, queues: list[str], words: list[str]) -> None:
    (problem,) = removal_problems(host, {**PLAN, "workers": {"queues": {"b": ["default"], "c": queues}}})
    assert all(word in problem for word in words)
