#!/usr/bin/python
# Copyright: ansible-airflow contributors
# SPDX-License-Identifier: Apache-2.0
"""Ansible module: encrypt plain-text secrets in Airflow's database."""

from __future__ import annotations

DOCUMENTATION = r"""
module: airflow_encryption
short_description: Encrypt plain-text secrets in Airflow's database
description:
  - Without a Fernet key, Airflow stores passwords and extras of connections, variables, and arguments of triggers in
    plain text. Once it has a key, it still reads these values, but does not encrypt them.
  - This module encrypts them with Airflow's Fernet key. Values that are encrypted already are left unchanged.
  - Imports Airflow once. Role airflow_stack first queries the database for values to encrypt.
options:
  tables:
    description: Database tables to encrypt. Name only tables whose secrets the Airflow release encrypts.
    type: list
    elements: str
    choices: [connection, connection_test_request, variable, trigger]
    required: true
extends_documentation_fragment: [ansible_airflow.airflow.airflow_container]
attributes:
  check_mode:
    support: full
    description: Reports what would be encrypted.
  diff_mode:
    support: none
    description: Shows no difference.
author: ansible-airflow maintainers (@ansible-airflow)
"""

EXAMPLES = r"""
- name: Encrypt values that were stored without a Fernet key
  ansible_airflow.airflow.airflow_encryption:
    tables: [connection, variable]

- name: Show what would be encrypted
  ansible_airflow.airflow.airflow_encryption:
    tables: [connection, variable]
  check_mode: true

- name: Encrypt the triggers of an Airflow outside of compose
  ansible_airflow.airflow.airflow_encryption:
    tables: [trigger]
    container: old-airflow-scheduler
"""

RETURN = r"""
rows:
  description: Number of rows that were encrypted, by table.
  type: dict
  returned: success, except in check mode when Airflow is not running
  sample: {connection: 2, variable: 1}
names:
  description: Names of the first 20 of these rows, by table. Values are never returned.
  type: dict
  returned: success, except in check mode when Airflow is not running
  sample: {connection: [dwh, api], variable: [token]}
"""

from typing import Any

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.containers.airflow import (
    CONTAINER_OPTIONS,
    InsideError,
    NotRunningError,
    find_container,
    run_inside,
)
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.inside import encryption

ARGUMENTS: dict[str, Any] = {
    "tables": {
        "type": "list",
        "elements": "str",
        "choices": list(encryption.TABLES),
        "required": True,
    },
    **CONTAINER_OPTIONS,
}


def warning(rows: dict[str, int], names: dict[str, list[str]], *, check: bool) -> str:
    """Return the warning about rows that contained plain text.

    Args:
        rows: Numbers of rows by table.
        names: Names of the first rows by table.
        check: Whether the module runs in check mode, so that the rows still contain plain text.
    """
    found = []
    for table, count in rows.items():
        if count:
            more = "" if count == len(names[table]) else ", ..."
            found.append(f"{count} in table {table} ({', '.join(names[table])}{more})")
    now = "They would be encrypted now" if check else "They are encrypted now"
    return (
        f"Airflow's database contained plain-text secrets, stored while Airflow had no Fernet key: {'; '.join(found)}. "
        f"{now}. Earlier backups still contain the plain text: change these passwords where that matters."
    )


def main() -> None:
    """Run the module."""
    module = AnsibleModule(argument_spec=ARGUMENTS, supports_check_mode=True)
    docker = module.get_bin_path("docker")
    try:
        reports = run_inside(
            module.run_command,
            docker,
            find_container(module.run_command, docker, module.params),
            timeout=module.params["timeout"],
            programs=[encryption],
            actions=[{"name": "encryption", "tables": module.params["tables"], "dry_run": module.check_mode}],
        )
    except NotRunningError as error:
        if module.check_mode:
            module.exit_json(
                changed=True, msg=f"Airflow is not running, so it is unknown what would be encrypted: {error}"
            )
        module.fail_json(msg=str(error))
    except InsideError as error:
        module.fail_json(msg=str(error))
    report = reports["encryption"]
    changed = any(report["rows"].values())
    if changed:
        module.warn(warning(report["rows"], report["names"], check=module.check_mode))
    module.exit_json(changed=changed, **report)


if __name__ == "__main__":
    main()
