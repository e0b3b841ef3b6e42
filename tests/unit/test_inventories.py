"""The inventories in the repository have the groups that the playbooks expect."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest
from ansible.inventory.manager import InventoryManager
from ansible.parsing.dataloader import DataLoader

from tests import tables
from tests.support.ansible import ANSIBLE_PLAYBOOK

ROOT = Path(__file__).resolve().parents[2]
INVENTORIES = sorted(path.parent.name for path in (ROOT / "inventories").glob("*/hosts.yml"))
SERVICE_GROUPS = set(tables.service_groups())


def read(name: str) -> InventoryManager:
    return InventoryManager(loader=DataLoader(), sources=[str(ROOT / "inventories" / name)])


def test_there_are_inventories() -> None:
    assert {"single_host", "remote_host.example"} <= set(INVENTORIES)


@pytest.mark.parametrize("name", INVENTORIES)
class TestInventory:
    def test_has_every_group_of_the_services(self, name: str) -> None:
        assert set(read(name).groups) >= {"airflow", *SERVICE_GROUPS}

    def test_services_are_children_of_airflow(self, name: str) -> None:
        children = {group.name for group in read(name).groups["airflow"].child_groups}
        assert children == SERVICE_GROUPS

    def test_every_service_has_a_host(self, name: str) -> None:
        inventory = read(name)
        assert [group for group in sorted(SERVICE_GROUPS) if not inventory.groups[group].get_hosts()] == []


def test_the_default_inventory_is_this_machine() -> None:
    inventory = read("single_host")
    assert [host.name for host in inventory.groups["airflow"].get_hosts()] == ["localhost"]
    assert inventory.get_host("localhost").vars["ansible_connection"] == "local"


@pytest.mark.parametrize("name", [name for name in INVENTORIES if name.endswith(".example")])
def test_the_examples_for_new_servers_set_the_newest_tested_release(name: str) -> None:
    variables = tables.load(ROOT / "inventories" / name / "group_vars" / "all" / "main.yml")
    assert variables["airflow_version"] == tables.tested()[-1]


@pytest.mark.parametrize("inventory", ["one,", "localhost,"])
def test_site_fails_without_hosts(inventory: str, tmp_path: Path) -> None:
    # Outside of the checkout and without its ansible.cfg, as Ansible runs in a directory that everybody may write to.
    environment = {name: value for name, value in os.environ.items() if not name.startswith("ANSIBLE_")}
    argv = [ANSIBLE_PLAYBOOK, "-i", inventory, str(ROOT / "site.yml")]
    done = subprocess.run(argv, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode != 0
    assert f"The inventory ({inventory}) has no hosts in group airflow" in done.stdout + done.stderr
    assert "export ANSIBLE_CONFIG=$PWD/ansible.cfg" in done.stdout + done.stderr


def test_the_readme_names_the_newest_tested_release() -> None:
    assert f"newest tested release, `{tables.tested()[-1]}`" in (ROOT / "README.md").read_text(encoding="utf-8")
