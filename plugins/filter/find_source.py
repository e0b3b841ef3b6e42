"""Filter that finds a file or directory on the controller."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ansible.errors import AnsibleFilterError
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.host import sources


def find_source(path: str, inventories: Sequence[str], required: bool = True) -> str:
    """Find a file or directory on the controller.

    Args:
        path: An absolute path, or one relative to an inventory or to the current directory; ``~`` is the user's home.
        inventories: Inventory sources of the run, Ansible's ``ansible_inventory_sources``. The first match wins.
        required: Whether a missing file or directory is an error.

    Returns:
        The absolute path. Empty if there is no such file or directory and ``required`` is false.

    Raises:
        AnsibleFilterError: There is no such file or directory. Roles report that earlier, in their preflight.
    """
    if not required:
        return str(sources.find_source(path, inventories) or "")
    try:
        return str(sources.required_source(path, inventories))
    except FileNotFoundError as error:
        raise AnsibleFilterError(str(error)) from error


class FilterModule:
    """Ansible's entry point."""

    def filters(self) -> dict[str, Any]:
        """Return the filters, keyed by name."""
        return {"find_source": find_source}
