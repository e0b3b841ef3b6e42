"""What the inventory says of the hosts of a stack."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ansible.errors import AnsibleUndefinedVariable
from ansible_collections.ansible_airflow.airflow.plugins.filter.airflow_plan import airflow_members
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.plan.topology import DEFAULT_QUEUES, DEFAULT_SLOTS

from tests import tables

GROUPS = {"airflow": ["a", "b", "c"], "airflow_worker": ["a", "c"]}


class Facts(dict[str, Any]):
    """Variables of a host that take facts that are not known."""

    def get(self, key: str, default: Any = None) -> Any:
        raise AnsibleUndefinedVariable(f"{key} is undefined {default}")


def test_defaults_are_those_of_the_role() -> None:
    defaults = tables.load(tables.AIRFLOW / "defaults" / "main.yml")
    assert defaults["airflow_worker_queues"] == list(DEFAULT_QUEUES)
    assert defaults["airflow_worker_concurrency"] == DEFAULT_SLOTS


def test_each_host_is_asked() -> None:
    said = {"airflow_private_address": "192.0.2.1", "airflow_worker_queues": ["red"], "airflow_worker_concurrency": 4}
    hostvars: Mapping[str, Any] = {"a": said, "b": {"airflow_private_address": None}, "c": {}}
    assert airflow_members(GROUPS, hostvars) == {
        "addresses": {"a": "192.0.2.1", "b": "", "c": ""},
        "queues": {"a": ["red"], "c": ["default"]},
        "slots": {"a": 4, "c": 16},
    }


def test_what_takes_facts_of_a_host_that_is_not_part_of_the_run_is_not_set() -> None:
    found = airflow_members(GROUPS, {"a": {}, "b": {}, "c": Facts()})
    assert found["addresses"]["c"] == ""
    assert (found["queues"]["c"], found["slots"]["c"]) == (["default"], 16)


def test_an_inventory_without_the_groups_says_nothing() -> None:
    assert airflow_members({}, {}) == {"addresses": {}, "queues": {}, "slots": {}}
