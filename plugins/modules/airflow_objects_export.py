#!/usr/bin/python
# Copyright: ansible-airflow contributors
# SPDX-License-Identifier: Apache-2.0
"""Ansible module: read all objects of a running Airflow, secrets included."""

from __future__ import annotations

DOCUMENTATION = r"""
module: airflow_objects_export
short_description: Read all objects of a running Airflow, secrets included
description:
  - Reads all objects that M(ansible_airflow.airflow.airflow_objects) manages. Starts Airflow once, in one of its
    running containers on the host.
  - Changes nothing.
  - M(ansible_airflow.airflow.airflow_info) reports names without secrets.
options: {}
extends_documentation_fragment: [ansible_airflow.airflow.airflow_container]
attributes:
  check_mode:
    support: full
    description: Does the same as a normal run.
  diff_mode:
    support: none
    description: Changes nothing.
notes:
  - The result contains secrets, so use the module only in a task with C(no_log).
seealso:
  - module: ansible_airflow.airflow.airflow_info
  - module: ansible_airflow.airflow.airflow_objects
author: ansible-airflow maintainers (@ansible-airflow)
"""

EXAMPLES = r"""
- name: Read all objects
  ansible_airflow.airflow.airflow_objects_export:
  register: exported
  no_log: true

- name: Read the objects of an Airflow outside of compose
  ansible_airflow.airflow.airflow_objects_export:
    container: old-airflow-scheduler
  register: exported
  no_log: true

- name: Read the objects of another compose project
  ansible_airflow.airflow.airflow_objects_export:
    project: airflow-test
    services: [scheduler]
  register: exported
  no_log: true

- name: Write the objects as inventory variables
  ansible.builtin.copy:
    content: "{{ (exported.objects | ansible_airflow.airflow.airflow_inventory_files(inventory_hostname)).inventory }}"
    dest: airflow_objects.yml
    mode: "0600"
  delegate_to: localhost
  no_log: true
"""

RETURN = r"""
objects:
  description:
    - Fields of each object, by kind and name, in the form that M(ansible_airflow.airflow.airflow_objects) compares.
  type: dict
  returned: success
  sample:
    pools:
      default_pool:
        slots: 128
        description: Default pool
        include_deferred: false
container:
  description: Name of the container that was used.
  type: str
  returned: success
  sample: airflow-scheduler-1
"""

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.containers.airflow import (
    CONTAINER_OPTIONS,
    InsideError,
    NotRunningError,
    find_container,
    run_inside,
)
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.objects.kinds import KINDS

ARGUMENTS = CONTAINER_OPTIONS


def main() -> None:
    """Run the module."""
    module = AnsibleModule(argument_spec=ARGUMENTS, supports_check_mode=True)
    docker = module.get_bin_path("docker")
    try:
        container = find_container(module.run_command, docker, module.params)
        reports = run_inside(
            module.run_command,
            docker,
            container,
            timeout=module.params["timeout"],
            programs=[kind.program for kind in KINDS],
            actions=[{**kind.question([]), "name": f"{kind.option}_read"} for kind in KINDS],
        )
    except (NotRunningError, InsideError) as error:
        module.fail_json(msg=str(error))
    objects = {
        kind.option: {name: kind.normal(fields) for name, fields in reports[f"{kind.option}_read"]["objects"].items()}
        for kind in KINDS
    }
    module.exit_json(changed=False, container=container, objects=objects)


if __name__ == "__main__":
    main()
