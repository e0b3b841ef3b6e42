#!/usr/bin/python
# Copyright: ansible-airflow contributors
# SPDX-License-Identifier: Apache-2.0
"""Ansible module: read the history of a host, and add a run to it."""

from __future__ import annotations

DOCUMENTATION = r"""
module: airflow_history
short_description: Read the history of a stack on a host, and add a run to it
description:
  - The history says which run changed what the stack on this host is made of, when, and by whom.
  - A run that changes none of it adds no entry.
requirements:
  - python >= 3.9 on the host
options:
  path:
    description: File of the history, with one JSON object a line. Its directory is created.
    type: path
    default: /var/lib/airflow-stack/history.jsonl
  run:
    description: The run to add, with C(started), C(user), C(controller) and C(playbook). Without it, nothing is added.
    type: dict
  deployment:
    description: What O(run) deployed, with C(directory), C(collection), C(airflow_version) and C(image).
    type: dict
    default: {}
  limit:
    description: Number of lines to return.
    type: int
    default: 20
author: ansible-airflow maintainers (@ansible-airflow)
attributes:
  check_mode:
    support: full
    description: In check mode no entry is added.
  diff_mode:
    support: none
    description: An entry counts as no change.
"""

EXAMPLES = r"""
- name: Show the last changes of a host
  ansible_airflow.airflow.airflow_history:
    limit: 5
  register: history

- name: Read the history of another stack
  ansible_airflow.airflow.airflow_history:
    path: /var/lib/airflow-test/history.jsonl
  register: history

- name: Add a run
  ansible_airflow.airflow.airflow_history:
    run:
      started: "2026-11-29T11:06:22Z"
      user: jane
      controller: laptop
      playbook: site
    deployment:
      directory: /usr/local/projects/airflow
      collection: 0.10.0
      airflow_version: 3.3.2
      image: apache/airflow:3.3.2
"""

RETURN = r"""
recorded:
  description: Whether an entry was added.
  type: bool
  returned: success
  sample: true
lines:
  description: The last entries, newest first, each with what differs from the entry before.
  type: list
  elements: str
  returned: success
  sample: ["2026-11-29T11:06:22Z jane on laptop, site.yml: dags 0a4d55a8d778"]
"""

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.host.history import lines, read, record, state

ARGUMENTS = {
    "path": {"type": "path", "default": "/var/lib/airflow-stack/history.jsonl"},
    "run": {"type": "dict"},
    "deployment": {"type": "dict", "default": {}},
    "limit": {"type": "int", "default": 20},
}


def main() -> None:
    """Run the module."""
    module = AnsibleModule(argument_spec=ARGUMENTS, supports_check_mode=True)
    path, run, deployment = (module.params[name] for name in ("path", "run", "deployment"))
    recorded = False
    if run and not module.check_mode:
        try:
            recorded = record(path, state(deployment["directory"], deployment), run)
        except KeyError as error:
            module.fail_json(msg=f"deployment lacks {error}; nothing was recorded.")
        except OSError as error:
            module.fail_json(msg=f"the history {path} cannot be written: {error.strerror}.")
    module.exit_json(changed=False, recorded=recorded, lines=lines(read(path))[: module.params["limit"]])


if __name__ == "__main__":
    main()
