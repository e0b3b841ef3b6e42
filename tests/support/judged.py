"""What playbooks/check_inventory.yml finds in an inventory, computed in this process from the roles' tasks."""

from __future__ import annotations

import importlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import yaml
from ansible.inventory.manager import InventoryManager
from ansible.parsing.dataloader import DataLoader
from ansible.parsing.vault import VaultSecret, VaultSecretsContext
from ansible.template import Templar, trust_as_template
from ansible.vars.hostvars import HostVars
from ansible.vars.manager import VariableManager

from tests.rows import ROLES, ROOT, use_collections

# Roles and their task files with checks, in the order of playbooks/check_inventory.yml.
TYPES = [("airflow", "types"), ("projects", "types"), ("docker", "types")]
VALUES = [(role, "preflight") for role in ("airflow", "projects", "airflow_objects", "airflow_dags", "docker")]
MODULE = "ansible_airflow.airflow.findings"


@dataclass(frozen=True)
class Hit:
    """A finding on a host."""

    host: str
    id: str
    place: str
    text: str


@cache
def role_files(role: str, kind: str) -> dict[str, Any]:
    """Return the variables of a role: its `defaults` or its `vars`."""
    found: dict[str, Any] = {}
    files = [*(ROLES / role / kind).glob("main.yml"), *sorted((ROLES / role / kind / "main").glob("*.yml"))]
    for path in files:
        found |= DataLoader().load_from_file(str(path), trusted_as_template=True)
    return found


@cache
def tasks(role: str, name: str) -> list[dict[str, Any]]:
    """Return the tasks of a file."""
    found: list[dict[str, Any]] = yaml.safe_load((ROLES / role / "tasks" / f"{name}.yml").read_text(encoding="utf-8"))
    return found


@cache
def spec(role: str) -> dict[str, Any]:
    """Return the argument spec of a role's public variables."""
    text = (ROLES / role / "meta" / "argument_specs.yml").read_text(encoding="utf-8")
    found: dict[str, Any] = yaml.safe_load(text)["argument_specs"]["preflight"]["options"]
    return found


# Kinds that stop no run.
WARNINGS = {"release-ended"}


def judge(*sources: Path, password: str = "", variables: Mapping[str, Any] | None = None) -> list[Hit]:
    """Check an inventory.

    Args:
        sources: Files and directories, as for the option -i.
        password: Password of its vault files.
        variables: Variables of the option -e.

    Returns:
        What is found, on each host.
    """
    hosts = read(sources, password, variables or {})
    found: list[Hit] = []
    for wanted in (TYPES, VALUES):
        for host, own in hosts.items():
            known = own if wanted is TYPES else {**own, "__airflow_given": given(own)}
            for role, name in wanted:
                found += [Hit(host, *each) for each in _found(role, name, known)]
        # Values are only checked when all types are right.
        if found:
            break
    return found


def planned(*sources: Path, variables: Mapping[str, Any]) -> dict[str, Any]:
    """Return the plan of the first host of an inventory.

    Args:
        sources: As of `judge`.
        variables: Variables of the option -e.
    """
    own = next(iter(read(sources, "", variables).values()))
    known = {**_known("airflow", own), "__airflow_given": given(own), "__airflow_migrated_file": {}}
    found: dict[str, Any] = Templar(loader=DataLoader(), variables=known).template(
        trust_as_template("{{ __airflow_plan }}")
    )
    return found


def read(sources: Sequence[Path], password: str, variables: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """Return the variables of each host of an inventory.

    Args:
        sources: As of `judge`.
        password: Password of its vault files; empty if there are none.
        variables: Variables of the option -e.
    """
    use_collections()
    loader = DataLoader()
    if password:
        secrets = [("default", VaultSecret(password.encode()))]
        loader.set_vault_secrets(secrets)
        if not VaultSecretsContext.current(optional=True):
            VaultSecretsContext.initialize(VaultSecretsContext(secrets))
    inventory = InventoryManager(loader=loader, sources=[str(source) for source in sources])
    manager = VariableManager(loader=loader, inventory=inventory)
    # It makes itself known to the manager.
    HostVars(inventory=inventory, variable_manager=manager, loader=loader)
    hosts = {}
    for host in inventory.groups["airflow"].get_hosts():
        hosts[host.name] = {
            **manager.get_vars(host=host),
            **variables,
            "ansible_inventory_sources": [str(source) for source in sources],
            "playbook_dir": str(ROOT / "playbooks"),
        }
    return hosts


def given(own: Mapping[str, Any]) -> Any:
    """Return the values of all public variables of role airflow. Computing them takes longer than all checks."""
    templar = Templar(loader=DataLoader(), variables=_known("airflow", own))
    return templar.template(trust_as_template("{{ __airflow_given }}"))


def _known(role: str, own: Mapping[str, Any]) -> dict[str, Any]:
    """Return what a task of a role knows."""
    known = {**role_files("airflow", "defaults"), **role_files(role, "defaults"), **own}
    known |= {**role_files("airflow", "vars"), **role_files(role, "vars"), "role_path": str(ROLES / role)}
    if "__airflow_given" in own:
        known["__airflow_given"] = own["__airflow_given"]
    known["__airflow_spec"] = spec("airflow")
    known["__airflow_members"] = trust_as_template(
        "{{ groups | ansible_airflow.airflow.airflow_members(hostvars, __airflow_spec) }}"
    )
    return known


def _found(role: str, name: str, own: Mapping[str, Any]) -> Iterator[tuple[str, str, str]]:
    """Yield id, place and text of what a task file finds."""
    known = _known(role, own)
    (task,) = [task for task in tasks(role, name) if MODULE in task]
    templar = Templar(loader=DataLoader(), variables=known)
    if "spec" in task[MODULE]:
        for problem in _spec_problems()(known, spec(role), templar.template):
            yield problem.id, problem.place, problem.text
        return
    for each in templar.template(trust_as_template(task[MODULE]["found"])):
        helper = each["id"] == "variable-misspelt" and _names().mentioned(each["place"], known)
        if each["id"] not in WARNINGS and not helper:
            yield each["id"], each["place"], each["text"]


def _names() -> Any:
    return importlib.import_module("ansible_collections.ansible_airflow.airflow.plugins.module_utils.findings.names")


def _spec_problems() -> Any:
    # Ansible's importer must be set up before.
    name = "ansible_collections.ansible_airflow.airflow.plugins.module_utils.findings.argument_types"
    return importlib.import_module(name).spec_problems
