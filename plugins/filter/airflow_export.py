"""The filter that writes inventory files of what an Airflow holds; what is in them is in module_utils/objects."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import yaml
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.objects.export import Objects, Unsafe, exported

INVENTORY = """\
---
# What Airflow on {host} holds, as variables of role airflow: move the lists into your group_vars.
# The secrets are in the other file. Of passwords of users nobody knows more than a digest: a user who shall be made on
# another Airflow needs a password here.
"""
VAULT = """\
---
# Secrets of Airflow on {host}, which the other file names.
# Encrypt this file before it goes anywhere: ansible-vault encrypt FILE
"""


class _Dumper(yaml.SafeDumper):
    """Writes lists indented as yamllint wants them."""

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:  # noqa: ARG002
        super().increase_indent(flow, False)


_Dumper.add_representer(Unsafe, lambda dumper, text: dumper.represent_scalar("!unsafe", str(text), style='"'))


def inventory_files(objects: Objects, host: str, left_out: Mapping[str, Sequence[str]] | None = None) -> dict[str, str]:
    """Return the texts of two inventory files that make an Airflow hold these objects.

    Args:
        objects: Fields by kind and name, as the module airflow_objects_export returns them.
        host: Inventory name of the host, for the comments.
        left_out: Names of objects by kind that are not to be listed.

    Returns:
        ``inventory`` and ``vault``, YAML texts; the first names the second's variables in place of secrets.
    """
    lists, secrets = exported(objects, left_out or {})
    return {
        "inventory": INVENTORY.format(host=host) + _text(lists),
        "vault": VAULT.format(host=host) + _text(secrets),
    }


def _text(data: Mapping[str, Any]) -> str:
    """Return YAML."""
    return yaml.dump(data, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=1000)


class FilterModule:
    """Ansible's entry point."""

    def filters(self) -> dict[str, Any]:
        """Return the filters by name."""
        return {"airflow_inventory_files": inventory_files}
