#!/usr/bin/python
# Copyright: ansible-airflow contributors
# SPDX-License-Identifier: Apache-2.0
"""Documentation of the action plugin plugins/action/airflow_tree_switch.py."""

from __future__ import annotations

DOCUMENTATION = r"""
module: airflow_tree_switch
short_description: Switch Airflow to another release of a file tree
description:
  - Points the link C(current) to a release, in one atomic step.
  - Keeps the latest releases and removes older ones.
requirements:
  - python >= 3.9 on the host
options:
  directory:
    description: Directory on the host that holds the releases.
    type: path
    required: true
  release:
    description: Id of the release, or V(previous) for the release that was current before.
    type: str
    required: true
  keep:
    description: Number of releases to keep on the host. The current and the previous release are always kept.
    type: int
    default: 5
attributes:
  check_mode:
    description: Reports what would change.
    support: full
  diff_mode:
    description: Shows the release ids before and after.
    support: full
author: ansible-airflow maintainers (@ansible-airflow)
seealso:
  - module: ansible_airflow.airflow.airflow_tree_receive
"""

EXAMPLES = r"""
- name: Roll back to the previous release
  ansible_airflow.airflow.airflow_tree_switch:
    directory: /usr/local/projects/airflow/dags
    release: previous

- name: Switch to a release that was uploaded before
  ansible_airflow.airflow.airflow_tree_switch:
    directory: /usr/local/projects/airflow/dags
    release: "{{ sent.release }}"

- name: Switch, and keep only this release and the previous one
  ansible_airflow.airflow.airflow_tree_switch:
    directory: /usr/local/projects/airflow/dags
    release: "{{ sent.release }}"
    keep: 2
"""

RETURN = r"""
release:
  description: Id of the release that is current now.
  type: str
  returned: success
  sample: 5d41402abc4b
before:
  description: Id of the release that was current before. Null if there was none.
  type: str
  returned: success
  sample: 0a4d55a8d778
origin:
  description: Origin of the release's files.
  type: dict
  returned: success
  sample:
    path: /srv/deploy/dags
changes:
  description: Paths of files that were added, changed and removed between the two releases.
  type: dict
  returned: success
  sample:
    added: [new.py]
    changed: []
    removed: []
removed:
  description: Ids of the releases that were removed.
  type: list
  elements: str
  returned: success
  sample: [7d793037a076]
"""
