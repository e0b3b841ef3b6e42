#!/usr/bin/python
# Copyright: ansible-airflow contributors
# SPDX-License-Identifier: Apache-2.0
"""Ansible module: encrypt what Airflow's database holds as plain text."""

from __future__ import annotations

DOCUMENTATION = r"""
module: airflow_encryption
short_description: Encrypt what Airflow's database holds as plain text
description:
  - An Airflow with an empty Fernet key stores passwords, extras of connections, variables and arguments of triggers as
    plain text. After it has been given a key it reads them still, and leaves them as they are.
  - This encrypts them with Airflow's Fernet key. What is encrypted stays as it is.
  - Airflow is started once. Role airflow_stack asks the database beforehand whether there is anything to encrypt.
options:
  tables:
    description: Tables of the database to look into, of those whose secrets the release encrypts.
    type: list
    elements: str
    choices: [connection, connection_test_request, variable, trigger]
    required: true
extends_documentation_fragment: [ansible_airflow.airflow.airflow_container]
attributes:
  check_mode:
    support: full
    description: Says what it would encrypt.
  diff_mode:
    support: none
    description: Nothing is shown.
author: ansible-airflow maintainers (@ansible-airflow)
"""

EXAMPLES = r"""
- name: Encrypt what was stored without a Fernet key
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
  returned: success, but for check mode where Airflow does not run
  sample: {connection: 2, variable: 1}
names:
  description: Names of the first 20 of these rows, by table. Never their values.
  type: dict
  returned: success, but for check mode where Airflow does not run
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
    """Return what a person has to know of rows that were plain text.

    :param rows: numbers of rows by table
    :param names: names of the first of them by table
    :param check: whether they are still
    """
    found = []
    for table, count in rows.items():
        if count:
            more = "" if count == len(names[table]) else ", ..."
            found.append(f"{count} in table {table} ({', '.join(names[table])}{more})")
    now = "They would be encrypted now" if check else "They are encrypted now"
    return (
        f"Airflow's database held secrets as plain text, written while Airflow had no Fernet key: {'; '.join(found)}. "
        f"{now}. Backups made before still hold the plain text: change these passwords where that matters."
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
                changed=True, msg=f"Airflow does not run, so nobody knows what would be encrypted: {error}"
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
