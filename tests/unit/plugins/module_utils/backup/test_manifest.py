"""Which part of a set each host is restored from."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.backup import manifest

CONTROL, WORKER = ["postgres", "scheduler"], ["worker"]


def of(**hosts: list[str]) -> dict[str, Any]:
    """Return a manifest of a stack whose first host is the keeper."""
    return {"keeper": next(iter(hosts)), "hosts": {name: {"services": services} for name, services in hosts.items()}}


@pytest.mark.parametrize(
    ("services", "old", "keeper", "found"),
    [
        # The same host, and a new one with another name.
        ({"a": CONTROL}, of(a=CONTROL), "a", {"a": "a"}),
        ({"new": CONTROL}, of(a=CONTROL), "new", {"new": "a"}),
        # Workers are found by name, or else by what they run.
        ({"n": CONTROL, "w1": WORKER}, of(a=CONTROL, w1=WORKER, w2=WORKER), "n", {"n": "a", "w1": "w1"}),
        ({"n": CONTROL, "x": WORKER, "y": WORKER}, of(a=CONTROL, w=WORKER), "n", {"n": "a", "x": "w", "y": "a"}),
        (
            {"n": CONTROL, "w2": WORKER, "x": WORKER},
            of(a=CONTROL, w1=WORKER, w2=WORKER),
            "n",
            {"n": "a", "w2": "w2", "x": "w1"},
        ),
        # A worker of the set that keeps the secrets now gets the part of the set's keeper.
        ({"w": CONTROL}, of(a=CONTROL, w=WORKER), "w", {"w": "a"}),
        # From several hosts to one, and from one to several.
        ({"n": ["worker", *CONTROL]}, of(a=CONTROL, w=WORKER), "n", {"n": "a"}),
        ({"a": CONTROL, "w": WORKER}, of(a=["worker", *CONTROL]), "a", {"a": "a", "w": "a"}),
    ],
)
def test_each_host_gets_a_part(
    services: dict[str, list[str]], old: dict[str, Any], keeper: str, found: dict[str, str]
) -> None:
    assert manifest.match(services, old, keeper) == found
