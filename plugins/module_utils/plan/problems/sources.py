"""Checks of the code directories on the controller."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from ansible_collections.ansible_airflow.airflow.plugins.module_utils.findings.finding import Finding
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.host.sources import (
    find_source,
    inventory_above,
    misplaced,
    search_path,
)


def plugins_problems(source: str, inventories: Sequence[str]) -> list[Finding]:
    """Return what is wrong with ``airflow_plugins_source``.

    Args:
        source: A directory of the controller; empty for none.
        inventories: Inventory sources of the run; a relative path is looked up in their directories.
    """
    found = find_source(source, inventories)
    if not source or (found and found.is_dir()):
        return []
    places = "" if source.startswith(("/", "~")) else f" below {' or '.join(map(str, search_path(inventories)))}"
    text = (
        f"{source} is not a directory on the controller{places}; write the path of the directory that holds the "
        "plugins, or remove the variable."
    )
    return [Finding("source-missing", "airflow_plugins_source", text)]


def source_problems(sources: Mapping[str, str], inventories: Sequence[str]) -> list[Finding]:
    """Return the code directories whose files Ansible would read, and execute, as inventories.

    Args:
        sources: Directories of the controller by the variable that names them; empty for none.
        inventories: Inventory sources of the run.
    """
    problems = []
    for variable, source in sources.items():
        found = find_source(source, inventories)
        inventory = inventory_above(found, inventories) if found else None
        if found and inventory:
            problems.append(Finding("source-in-inventory", variable, misplaced(found, inventory)))
    return problems
