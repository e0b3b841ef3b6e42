#!/usr/bin/python
# Copyright: ansible-airflow contributors
# SPDX-License-Identifier: Apache-2.0
"""Ansible module: tell a running Airflow at once that its DAG files changed."""

from __future__ import annotations

DOCUMENTATION = r"""
module: airflow_dag_refresh
short_description: Tell a running Airflow at once that its DAG files changed
description:
  - Reads the DAG files that changed, and takes DAGs out of sight whose files are gone.
  - When a file changed that is no DAG file, such as a module that some of them import, all DAG files are read.
  - Writes the release into Airflow's variable C(airflow_dags_release).
options:
  release:
    description: The release, as people and tasks shall see it.
    type: dict
    required: true
  changed:
    description: Paths, below the DAGs folder, of files that are new or differ.
    type: list
    elements: str
    required: true
  removed:
    description: Paths, below the DAGs folder, of files that are gone.
    type: list
    elements: str
    default: []
  everything:
    description: Whether to read all DAG files, whatever O(changed) and O(removed) say.
    type: bool
    default: false
  delete_history:
    description:
      - Whether the runs, task instances and XComs of DAGs whose file is gone are deleted.
      - Those of a DAG with running tasks stay, with a warning.
    type: bool
    default: false
extends_documentation_fragment: [ansible_airflow.airflow.airflow_container]
attributes:
  check_mode:
    support: full
    description: Does nothing and says that it would.
  diff_mode:
    support: none
    description: Nothing is shown.
author: ansible-airflow maintainers (@ansible-airflow)
seealso:
  - module: ansible_airflow.airflow.airflow_tree_switch
"""

EXAMPLES = r"""
- name: Tell the scheduler
  ansible_airflow.airflow.airflow_dag_refresh:
    release:
      release: 5d41402abc4b
    changed: [news.py]

- name: Remove DAGs whose file is gone, with their history
  ansible_airflow.airflow.airflow_dag_refresh:
    release:
      release: 5d41402abc4b
    changed: []
    removed: [old_news.py]
    delete_history: true

- name: Read all DAG files again
  ansible_airflow.airflow.airflow_dag_refresh:
    release:
      release: 5d41402abc4b
    changed: []
    everything: true
"""

RETURN = r"""
parsed:
  description: Number of DAG files that were read.
  type: int
  returned: success, outside check mode
  sample: 1
dags:
  description: Number of DAGs in them.
  type: int
  returned: success, outside check mode
  sample: 2
gone:
  description: Number of DAGs that were taken out of sight.
  type: int
  returned: success, outside check mode
  sample: 0
not_deleted:
  description: Why the history of a DAG stays, by its id.
  type: dict
  returned: success, outside check mode
  sample:
    old_news: it has running tasks
errors:
  description: Last line of the error by file, of files that cannot be imported.
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
        module.warn(f"The history of DAG {dag_id} stays: {reason}. Delete it later with: airflow dags delete {dag_id}")
    module.exit_json(changed=True, **report)


if __name__ == "__main__":
    main()
