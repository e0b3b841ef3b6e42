"""Every list of the stack's services and groups says the same as the tables of the roles."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.airflow_container import SERVICES

from tests.objects.conftest import SERVICES as TESTED
from tests.unit.test_inventories import SERVICE_GROUPS

ROOT = Path(__file__).resolve().parents[3]


def load(path: str) -> Any:
    return yaml.safe_load((ROOT / path).read_text(encoding="utf-8"))


TABLE: dict[str, Any] = load("roles/airflow_stack/vars/main/services.yml")["__airflow_stack_services"]
GROUPS: dict[str, str] = load("roles/airflow/vars/main/derived.yml")["__airflow_all_service_groups"]
# Those that hold Airflow, and of these the ones that run all the time.
AIRFLOW = {name for name, service in TABLE.items() if service.get("airflow")}
RUNNING = {name for name in AIRFLOW if "profiles" not in TABLE[name]}


def test_modules_look_for_every_service_that_holds_airflow() -> None:
    assert sorted(SERVICES) == sorted(RUNNING)


def test_the_command_airflow_looks_for_them_in_the_same_order() -> None:
    text = (ROOT / "roles/airflow_stack/templates/airflow.sh.j2").read_text(encoding="utf-8")
    (listed,) = re.findall(r"^for service in (.+); do$", text, re.MULTILINE)
    assert tuple(listed.split()) == SERVICES


def test_the_command_line_is_on_every_host_that_runs_airflow() -> None:
    placed = {GROUPS[name] for name in TABLE["cli"]["beside"]}
    assert placed == {GROUPS[name] for name in RUNNING}


def test_every_service_has_a_group() -> None:
    assert set(GROUPS) == RUNNING | {"postgres", "redis"}
    assert set(GROUPS.values()) == SERVICE_GROUPS == {f"airflow_{service}" for service in TESTED}


@pytest.mark.parametrize("series", load("roles/airflow/vars/main/releases.yml")["__airflow_releases"])
def test_a_release_has_services_of_the_table(series: str) -> None:
    row = load("roles/airflow/vars/main/releases.yml")["__airflow_releases"][series]
    assert set(row["services"]) <= AIRFLOW


@pytest.mark.parametrize("name", ["sync_airflow_dags", "rollback_airflow_dags"])
def test_the_dags_reach_every_host_that_runs_airflow(name: str) -> None:
    plays = [play["hosts"].split(":") for play in load(f"playbooks/{name}.yml") if "hosts" in play]
    assert {group for play in plays for group in play if not group.startswith("!")} == {GROUPS[n] for n in RUNNING}
