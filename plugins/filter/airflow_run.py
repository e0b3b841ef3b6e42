"""Filter that checks how a run was started, before anything is changed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from ansible_collections.ansible_airflow.airflow.plugins.module_utils.plan.sources import (
    find_source,
    inventory_above,
    misplaced,
)

# The collection that this file is part of.
ROOT = Path(__file__).resolve().parents[2]
# Ends of the names of strategies in which each task ends on all hosts before the next one begins, such as
# mitogen_linear; debug is a linear one as well.
IN_STEP = ("linear", "debug")


def copy_problems(playbook_directory: str) -> list[str]:
    """Return what is wrong when playbooks and roles are from two copies of this collection.

    Args:
        playbook_directory: Ansible's ``playbook_dir``.
    """
    directory = Path(playbook_directory).resolve()
    for candidate in (directory, directory.parent):
        if (candidate / "roles" / "airflow_stack").is_dir() and candidate != ROOT:
            return [
                f"the playbook is in {candidate}, but its roles and plugins are those of {ROOT}. Run ansible-playbook "
                f"in {candidate}, whose ansible.cfg names its own collections/ first, without ANSIBLE_CONFIG and "
                "ANSIBLE_COLLECTIONS_PATH; or run the playbook ansible_airflow.airflow.site."
            ]
    return []


def strategy_problems(strategy: str) -> list[str]:
    """Return what is wrong with the strategy of plays that name none: the order across the hosts depends on it.

    Args:
        strategy: Ansible's setting DEFAULT_STRATEGY.
    """
    if strategy.endswith(IN_STEP):
        return []
    return [
        f"strategy: {strategy} in ansible.cfg or ANSIBLE_STRATEGY lets each host run on alone, but the database is "
        "migrated, and workers switch, before the other hosts go on. Remove it for these playbooks, or write linear."
    ]


def source_problems(sources: Mapping[str, str], inventories: Sequence[str]) -> list[str]:
    """Return which directories of code Ansible would read as inventories, and run.

    Args:
        sources: Directories of the controller by the variable that names them; empty for none.
        inventories: Inventory sources of the run.
    """
    problems = []
    for variable, source in sources.items():
        found = find_source(source, inventories)
        inventory = inventory_above(found, inventories) if found else None
        if found and inventory:
            problems.append(f"{variable}: {misplaced(found, inventory)}")
    return problems


def airflow_run_problems(run: Mapping[str, Any]) -> list[str]:
    """Return every problem of the way in which a run was started, each a sentence that says what to do instead.

    Args:
        run: ``playbook_directory``, ``strategy``, ``sources`` and ``inventories``, as the functions above
            take them.

    Returns:
        Sentences; an empty list if all is well.
    """
    return [
        *copy_problems(run["playbook_directory"]),
        *strategy_problems(run["strategy"]),
        *source_problems(run["sources"], run["inventories"]),
    ]


class FilterModule:
    """Ansible's entry point."""

    def filters(self) -> dict[str, Any]:
        """Return the filters by name."""
        return {"airflow_run_problems": airflow_run_problems}
