#!/usr/bin/python
# Copyright: ansible-airflow contributors
# SPDX-License-Identifier: Apache-2.0
"""Ansible module: find names in DAG files that Airflow 3 no longer has."""

from __future__ import annotations

DOCUMENTATION = r"""
module: airflow_removed_names
short_description: Find names in DAG files that Airflow 3 no longer has
description:
  - Reads DAG files and files with templates, and lists uses of names that fail in Airflow 3 only while a task runs, so
    that loading the files does not find them.
  - Applies ruff's rules AIR301 to AIR303, and looks for removed names in templates, in the context of tasks, and for
    access to Airflow's database, which these rules do not cover.
  - Runs where the files are, usually on the controller. Changes nothing.
requirements:
  - python >= 3.9 on the host
  - ruff, for its rules
options:
  folder:
    description: Directory with the files.
    type: path
    required: true
attributes:
  check_mode:
    support: full
    description: Does the same as a normal run.
  diff_mode:
    support: none
    description: Changes nothing.
author: ansible-airflow maintainers (@ansible-airflow)
seealso:
  - module: ansible_airflow.airflow.airflow_dag_check
"""

EXAMPLES = r"""
- name: List what fails in Airflow 3
  ansible_airflow.airflow.airflow_removed_names:
    folder: /srv/checkouts/dags
  delegate_to: localhost
  register: names

- name: List what fails in the copy of a release
  ansible_airflow.airflow.airflow_removed_names:
    folder: "{{ copy.tree }}"
  delegate_to: localhost

- name: Allow none
  ansible_airflow.airflow.airflow_removed_names:
    folder: /srv/checkouts/dags
  delegate_to: localhost
  register: names
  failed_when: names.uses | length > 0
"""

RETURN = r"""
uses:
  description: Uses of removed names, each with file, line and kind.
  type: list
  elements: str
  returned: success
  sample: ["news/fetch.py:12 [template] Airflow 3 has no execution_date in templates; write logical_date."]
not_checked:
  description: Why ruff's rules were not applied; empty if they were.
  type: str
  returned: success
  sample: "ruff is not installed on this machine: pip install ruff."
"""

import os
import sys
from pathlib import Path

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.dag_check.removed import RuffError, removed, ruff

ARGUMENTS = {"folder": {"type": "path", "required": True}}


def main() -> None:
    """Run the module."""
    module = AnsibleModule(argument_spec=ARGUMENTS, supports_check_mode=True)
    folder, not_checked = Path(module.params["folder"]), ""
    if not folder.is_dir():
        module.fail_json(msg=f"there is no directory {folder}.")
    uses = removed(folder)
    # Ansible may run from a virtualenv that is not on the path.
    program = module.get_bin_path("ruff", opt_dirs=[os.path.dirname(sys.executable)])
    if program:
        try:
            uses = sorted({*uses, *ruff(program, folder)})
        except RuffError as error:
            not_checked = str(error)
    else:
        not_checked = "ruff is not installed on this machine: pip install ruff."
    module.exit_json(changed=False, uses=uses, not_checked=not_checked)


if __name__ == "__main__":
    main()
