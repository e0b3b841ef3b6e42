"""Variables that the plan reads from each host of a stack."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ansible.errors import AnsibleUndefinedVariable
from ansible_collections.ansible_airflow.airflow.plugins.filter.airflow_members import airflow_members
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.plan.topology import (
    DEFAULT_GRACE,
    DEFAULT_QUEUES,
    DEFAULT_SLOTS,
)

from tests import tables

GROUPS = {"airflow": ["a", "b", "c"], "airflow_worker": ["a", "c"]}


class Facts(dict[str, Any]):
    """Variables of a host whose templates need facts that were not gathered."""

    def get(self, key: str, default: Any = None) -> Any:
        raise AnsibleUndefinedVariable(f"{key} is undefined {default}")


def test_defaults_are_those_of_the_role() -> None:
    defaults = tables.defaults()
    assert defaults["airflow_worker_queues"] == list(DEFAULT_QUEUES)
    assert defaults["airflow_worker_concurrency"] == DEFAULT_SLOTS
    assert defaults["airflow_worker_grace_period"] == DEFAULT_GRACE


def test_each_host_is_read_with_its_own_variables() -> None:
    said = {"airflow_private_address": "192.0.2.1", "airflow_worker_queues": ["red"], "airflow_worker_concurrency": 4}
    hostvars: Mapping[str, Any] = {"a": said, "b": {"airflow_private_address": None}, "c": {}}
    assert airflow_members(GROUPS, hostvars) == {
        "addresses": {"a": "192.0.2.1", "b": "", "c": ""},
        "queues": {"a": ["red"], "c": ["default"]},
        "slots": {"a": 4, "c": 16},
        "grace_periods": {"a": 600, "c": 600},
        "shared": {},
    }


def test_a_variable_that_needs_ungathered_facts_counts_as_not_set() -> None:
    found = airflow_members(GROUPS, {"a": {}, "b": {}, "c": Facts()})
    assert found["addresses"]["c"] == ""
    assert (found["queues"]["c"], found["slots"]["c"]) == (["default"], 16)


def test_an_inventory_without_the_groups_gives_empty_results() -> None:
    found = airflow_members({}, {})
    assert found == {"addresses": {}, "queues": {}, "slots": {}, "grace_periods": {}, "shared": {}}
