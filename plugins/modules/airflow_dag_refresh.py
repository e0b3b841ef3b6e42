#!/usr/bin/python
# Copyright: ansible-airflow contributors
# SPDX-License-Identifier: Apache-2.0
"""Ansible module: refresh the DAGs of a running Airflow after its DAG files changed."""

from __future__ import annotations

DOCUMENTATION = r"""
module: airflow_dag_refresh
short_description: Refresh the DAGs of a running Airflow after its DAG files changed
description:
  - Parses changed DAG files immediately, without waiting for Airflow to find them, and hides DAGs whose file is gone.
  - If a file changed that is not a DAG file, such as a module that DAG files import, all DAG files are parsed.
  - Writes the release to the Airflow variable C(airflow_dags_release).
options:
  release:
    description: The release, as users and tasks see it in the variable C(airflow_dags_release).
    type: dict
    required: true
  changed:
    description: Paths of new and changed files, relative to the DAGs folder.
    type: list
    elements: str
    required: true
  removed:
    description: Paths of removed files, relative to the DAGs folder.
    type: list
    elements: str
    default: []
  everything:
    description: Parse all DAG files, regardless of O(changed) and O(removed).
    type: bool
    default: false
  delete_history:
    description:
      - Delete the runs, task instances and XComs of DAGs whose file was removed.
      - The history of a DAG with running tasks is kept, with a warning.
    type: bool
    default: false
extends_documentation_fragment: [ansible_airflow.airflow.airflow_container]
attributes:
  check_mode:
    support: full
    description: Reports a change and does nothing.
  diff_mode:
    support: none
    description: Shows no difference.
author: ansible-airflow maintainers (@ansible-airflow)
seealso:
  - module: ansible_airflow.airflow.airflow_tree_switch
"""

EXAMPLES = r"""
- name: Refresh the DAGs of one changed file
  ansible_airflow.airflow.airflow_dag_refresh:
    release:
      release: 5d41402abc4b
    changed: [news.py]

- name: Hide the DAGs of a removed file and delete their history
  ansible_airflow.airflow.airflow_dag_refresh:
    release:
      release: 5d41402abc4b
    changed: []
    removed: [old_news.py]
    delete_history: true

- name: Parse all DAG files again
  ansible_airflow.airflow.airflow_dag_refresh:
    release:
      release: 5d41402abc4b
    changed: []
    everything: true
"""

RETURN = r"""
parsed:
  description: Number of DAG files that were parsed.
  type: int
  returned: success, outside check mode
  sample: 1
dags:
  description: Number of DAGs in the parsed files.
  type: int
  returned: success, outside check mode
  sample: 2
gone:
  description: Number of DAGs that were hidden.
  type: int
  returned: success, outside check mode
  sample: 0
not_deleted:
  description: Reason why the history of a DAG was kept, by DAG id.
  type: dict
  returned: success, outside check mode
  sample:
    old_news: it has running tasks
errors:
  description: Last line of the import error, by file.
  type: dict
  returned: success, outside check mode
  sample:
    news.py: "ModuleNotFoundError: No module named 'feedparser'"
"""

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.containers.airflow import (
    CONTAINER_OPTIONS,
    InsideError,
    NotRunningError,
    find_container,
    run_inside,
)
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.inside.dags import refresh

ARGUMENTS = {
    "release": {"type": "dict", "required": True},
    "changed": {"type": "list", "elements": "str", "required": True},
    "removed": {"type": "list", "elements": "str", "default": []},
    "everything": {"type": "bool", "default": False},
    "delete_history": {"type": "bool", "default": False},
    **CONTAINER_OPTIONS,
}


def main() -> None:
    """Run the module."""
    module = AnsibleModule(argument_spec=ARGUMENTS, supports_check_mode=True)
    if module.check_mode:
        module.exit_json(changed=True)
    docker = module.get_bin_path("docker")
    names = ("release", "changed", "removed", "everything", "delete_history")
    request = {name: module.params[name] for name in names}
    try:
        reports = run_inside(
            module.run_command,
            docker,
            find_container(module.run_command, docker, module.params),
            timeout=module.params["timeout"],
            programs=[refresh],
            actions=[{**request, "name": "dag_refresh"}],
        )
    except (NotRunningError, InsideError) as error:
        module.fail_json(msg=str(error))
    report = reports["dag_refresh"]
    for dag_id, reason in report["not_deleted"].items():
        module.warn(f"DAG {dag_id}: the history was kept: {reason}. Delete it later with: airflow dags delete {dag_id}")
    module.exit_json(changed=True, **report)


if __name__ == "__main__":
    main()
