"""Role airflow checks its inputs once per run; each role that depends on it only adds one skipped task."""

from __future__ import annotations

from typing import Any

import pytest
import yaml
from ansible.parsing.dataloader import DataLoader
from ansible.template import Templar, trust_as_template

from tests.rows import ROLES, ROOT

DEPENDING = [
    "airflow_backup",
    "airflow_dags",
    "airflow_objects",
    "airflow_secrets",
    "airflow_stack",
    "airflow_upgrade",
    "airflow_watch",
]


def load(path: str) -> Any:
    return yaml.safe_load((ROOT / path).read_text(encoding="utf-8"))


def test_the_other_roles_of_airflow_depend_on_it_without_a_condition() -> None:
    found = {role.name: load(f"roles/{role.name}/meta/main.yml")["dependencies"] for role in ROLES.iterdir()}
    # Ansible would apply a condition to each task of the dependency.
    needed = [{"role": "ansible_airflow.airflow.airflow"}]
    assert {role: dependencies for role, dependencies in found.items() if dependencies} == dict.fromkeys(
        DEPENDING, needed
    )


def test_the_dependency_is_one_task() -> None:
    (task,) = load("roles/airflow/tasks/main.yml")
    assert task["ansible.builtin.include_role"] == {
        "name": "ansible_airflow.airflow.airflow",
        "tasks_from": "preflight",
        # It does this itself.
        "rolespec_validate": False,
    }
    # Ansible puts a task that validates an entry point's spec before its tasks.
    specs = load("roles/airflow/meta/argument_specs.yml")["argument_specs"]
    assert [name for name, spec in specs.items() if spec["options"]] == ["preflight"]


@pytest.mark.parametrize(
    ("groups", "hosts"),
    [
        ({"airflow": ["a", "b"]}, "airflow_worker"),
        ({"airflow": ["a"]}, "airflow_worker:!airflow_worker"),
        ({}, "airflow_worker:!airflow_worker"),
    ],
)
def test_the_play_for_workers_runs_only_with_several_hosts(groups: dict[str, Any], hosts: str) -> None:
    plays = {play["name"]: play for play in load("playbooks/deploy_airflow_stack.yml")}
    templar = Templar(loader=DataLoader(), variables={"groups": groups})
    assert templar.template(trust_as_template(plays["Deploy the workers of several hosts"]["hosts"])) == hosts
