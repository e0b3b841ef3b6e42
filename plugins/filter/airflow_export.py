"""Filter that converts the objects of an Airflow into inventory files; the conversion is in module_utils/objects."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import yaml
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.objects.export import Objects, Unsafe, exported

INVENTORY = """\
---
# Objects of Airflow on {host}, as variables of role airflow: move the lists into your group_vars.
# The secrets are in the other file. Passwords of users are missing, because Airflow stores only their hashes. To create
# a user on another Airflow, add a password here.
"""
VAULT = """\
---
# Secrets of Airflow on {host}, which the other file refers to.
# Encrypt this file before you copy or commit it: ansible-vault encrypt FILE
"""


class _Dumper(yaml.SafeDumper):
    """Indents lists as yamllint requires."""

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:  # noqa: ARG002
        super().increase_indent(flow, False)


_Dumper.add_representer(Unsafe, lambda dumper, text: dumper.represent_scalar("!unsafe", str(text), style='"'))


def inventory_files(objects: Objects, host: str, left_out: Mapping[str, Sequence[str]] | None = None) -> dict[str, str]:
    """Return the texts of two inventory files that define these objects.

    Args:
        objects: Fields by kind and name, as the module airflow_objects_export returns them.
        host: Inventory name of the host, for the comments.
        left_out: Names of objects to leave out, by kind.

    Returns:
        ``inventory`` and ``vault``, YAML texts. In place of secrets, the first refers to variables of the second.
    """
    lists, secrets = exported(objects, left_out or {})
    return {
        "inventory": INVENTORY.format(host=host) + _text(lists),
        "vault": VAULT.format(host=host) + _text(secrets),
    }


def _text(data: Mapping[str, Any]) -> str:
    """Return data as YAML text."""
    return yaml.dump(data, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=1000)


class FilterModule:
    """Ansible's entry point."""

    def filters(self) -> dict[str, Any]:
        """Return the filters, keyed by name."""
        return {"airflow_inventory_files": inventory_files}
