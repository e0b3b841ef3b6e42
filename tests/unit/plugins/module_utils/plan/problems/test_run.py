"""Checks of how a run was started: the copy of the playbooks, the strategy, and code in inventory directories."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.plan.problems.run import (
    copy_problems,
    strategy_problems,
)
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.plan.problems.sources import source_problems

ROOT = Path(__file__).resolve().parents[6]


def problems(
    playbook_directory: str = str(ROOT),
    strategy: str = "linear",
    sources: dict[str, str] | None = None,
    inventories: list[str] | None = None,
) -> list[str]:
    return [
        *copy_problems(playbook_directory),
        *strategy_problems(strategy),
        *source_problems(sources or {}, inventories or []),
    ]


@pytest.mark.parametrize("directory", [ROOT, ROOT / "playbooks", ROOT / "molecule" / "default", Path("/")])
def test_playbooks_of_this_copy_and_of_other_projects_are_accepted(directory: Path) -> None:
    assert problems(playbook_directory=str(directory)) == []


def test_the_collection_link_is_not_another_copy() -> None:
    link = ROOT / "collections" / "ansible_collections" / "ansible_airflow" / "airflow"
    assert problems(playbook_directory=str(link / "playbooks")) == []


@pytest.mark.parametrize("name", ["", "playbooks"])
def test_playbooks_of_another_copy_are_refused_and_both_paths_are_named(tmp_path: Path, name: str) -> None:
    (tmp_path / "roles" / "airflow_stack").mkdir(parents=True)
    (tmp_path / "playbooks").mkdir()
    (problem,) = problems(playbook_directory=str(tmp_path / name))
    assert problem.startswith(f"the playbook is in {tmp_path}, but Ansible uses the roles and plugins in {ROOT}.")


@pytest.mark.parametrize(
    ("mode", "ignored"), [(0o755, False), (0o775, False), (0o777, True), (0o1777, True), (0o757, True)]
)
def test_a_checkout_whose_configuration_ansible_ignores_is_told_so(tmp_path: Path, mode: int, ignored: bool) -> None:
    (tmp_path / "roles" / "airflow_stack").mkdir(parents=True)
    tmp_path.chmod(mode)
    (problem,) = problems(playbook_directory=str(tmp_path))
    assert (f"so Ansible ignores the ansible.cfg there: run chmod o-w {tmp_path}" in problem) is ignored
    assert (f"export ANSIBLE_CONFIG={tmp_path}/ansible.cfg" in problem) is ignored
    assert ("without ANSIBLE_CONFIG" in problem) is not ignored


@pytest.mark.parametrize("strategy", ["linear", "ansible.builtin.linear", "mitogen_linear", "debug"])
def test_strategies_that_keep_hosts_in_step_are_accepted(strategy: str) -> None:
    assert problems(strategy=strategy) == []


@pytest.mark.parametrize("strategy", ["free", "host_pinned", "ansible.builtin.free", "mitogen_free"])
def test_other_strategies_are_refused(strategy: str) -> None:
    (problem,) = problems(strategy=strategy)
    assert problem.startswith(f"strategy: {strategy} in ansible.cfg or ANSIBLE_STRATEGY")


def test_code_in_an_inventory_directory_is_refused(tmp_path: Path) -> None:
    (tmp_path / "production" / "dags" / "team").mkdir(parents=True)
    given: dict[str, Any] = {"inventories": [str(tmp_path / "production")]}
    for source in ("dags", "dags/team", "../production/dags", "."):
        (problem,) = problems(sources={"airflow_dags_source": source}, **given)
        assert problem.startswith("airflow_dags_source: ")
        assert f"is in the inventory directory {tmp_path / 'production'}: Ansible reads all files there" in problem
        assert f"for example to {tmp_path}." in problem


def test_code_that_ansible_does_not_read_is_accepted(tmp_path: Path) -> None:
    for name in ("production/dags", "production/group_vars/dags", "dags"):
        (tmp_path / name).mkdir(parents=True)
    (tmp_path / "production" / "hosts.yml").touch()
    directory = str(tmp_path / "production")
    assert problems(sources={"airflow_dags_source": "dags"}, inventories=[f"{directory}/hosts.yml"]) == []
    assert problems(sources={"airflow_dags_source": "../dags"}, inventories=[directory]) == []
    assert problems(sources={"airflow_dags_source": "group_vars/dags"}, inventories=[directory]) == []
    assert problems(sources={"airflow_plugins_source": ""}, inventories=["one,two", directory]) == []
