#!/usr/bin/python
# Copyright: ansible-airflow contributors
# SPDX-License-Identifier: Apache-2.0
"""Documentation of airflow_tree_switch; it is an action plugin: plugins/action/airflow_tree_switch.py."""

from __future__ import annotations

DOCUMENTATION = r"""
module: airflow_tree_switch
short_description: Let Airflow read another release of a file tree
description:
  - Lets the link C(current) lead to a release, in one step that nobody can see half done.
  - Keeps the last releases, and removes older ones.
requirements:
  - python >= 3.9 on the host
options:
  directory:
    description: Directory on the host that holds the releases.
    type: path
    required: true
  release:
    description: Id of the release, or V(previous) for the one that was current before.
    type: str
    required: true
  keep:
    description: Releases that stay on the host, the current one included. That and the one before it always stay.
    type: int
    default: 5
attributes:
  check_mode:
    description: Says what it would do.
    support: full
  diff_mode:
    description: The ids before and after.
    support: full
author: ansible-airflow maintainers (@ansible-airflow)
seealso:
  - module: ansible_airflow.airflow.airflow_tree_receive
"""

EXAMPLES = r"""
- name: Go back to the release before
  ansible_airflow.airflow.airflow_tree_switch:
    directory: /usr/local/projects/airflow/dags
    release: previous

- name: Switch to a release that was sent before
  ansible_airflow.airflow.airflow_tree_switch:
    directory: /usr/local/projects/airflow/dags
    release: "{{ sent.release }}"

- name: Switch, and keep only this release and the one before it
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
  description: Id of the release that was current before, none if there was none.
  type: str
  returned: success
  sample: 0a4d55a8d778
origin:
  description: Where the release's files come from.
  type: dict
  returned: success
  sample:
    path: /srv/deploy/dags
changes:
  description: Paths that are added, changed and removed between the two.
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
