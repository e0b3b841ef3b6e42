#!/usr/bin/python
# Copyright: ansible-airflow contributors
# SPDX-License-Identifier: Apache-2.0
"""Documentation of airflow_tree_receive; it is an action plugin: plugins/action/airflow_tree_receive.py."""

from __future__ import annotations

DOCUMENTATION = r"""
module: airflow_tree_receive
short_description: Copy a file tree to the host as a release, beside the one that Airflow reads
description:
  - The tree is one that Airflow reads, such as that of its DAGs or of its plugins.
  - A release is the files of a directory of the controller, under an id that follows from their names, modes and
    contents. The same content is the same release, and needs nothing done.
  - Files that another release on the host has are linked, the others are sent as one archive. All are compared by
    digest before the release appears under its name, so there are no parts of a release.
  - C(__pycache__), what editors leave, and names that begin with a dot are left out, but for C(.airflowignore).
  - What Airflow reads does not change; M(ansible_airflow.airflow.airflow_tree_switch) does that.
  - A release that somebody changed on the host is put back as it was.
requirements:
  - python >= 3.9 on the host
options:
  src:
    description: Directory on the controller.
    type: path
    required: true
  directory:
    description: Directory on the host that holds the releases.
    type: path
    required: true
  origin:
    description: Where the files come from, such as a repository and a commit. Becomes part of the release's manifest.
    type: dict
    default: {}
attributes:
  check_mode:
    description: Looks and sends nothing.
    support: full
  diff_mode:
    description: Names of files that are added, changed and removed against the current release.
    support: full
author: ansible-airflow maintainers (@ansible-airflow)
seealso:
  - module: ansible_airflow.airflow.airflow_tree_switch
"""

EXAMPLES = r"""
- name: Send the DAGs
  ansible_airflow.airflow.airflow_tree_receive:
    src: "{{ playbook_dir }}/dags"
    directory: /usr/local/projects/airflow/dags
  register: sent

- name: Let Airflow read them
  ansible_airflow.airflow.airflow_tree_switch:
    directory: /usr/local/projects/airflow/dags
    release: "{{ sent.release }}"

- name: Send the DAGs of a checked out commit, and record the commit
  ansible_airflow.airflow.airflow_tree_receive:
    src: /srv/checkouts/dags
    directory: /usr/local/projects/airflow/dags
    origin:
      repository: https://git.example.com/dags.git
      commit: "{{ checkout.after }}"

- name: Show which files would be sent
  ansible_airflow.airflow.airflow_tree_receive:
    src: "{{ playbook_dir }}/dags"
    directory: /usr/local/projects/airflow/dags
  check_mode: true
  diff: true
"""

RETURN = r"""
release:
  description: Id of the release.
  type: str
  returned: success
  sample: 5d41402abc4b
current:
  description: Id of the release that Airflow reads, none before the first one.
  type: str
  returned: success
  sample: 0a4d55a8d778
files:
  description: Number of files and links in the release.
  type: int
  returned: success
  sample: 12
sent:
  description: Paths of the files that were sent, or would be in check mode.
  type: list
  elements: str
  returned: success
  sample: [new.py]
changes:
  description: Paths that are added, changed and removed against the current release.
  type: dict
  returned: success
  sample:
    added: [new.py]
    changed: []
    removed: []
problems:
  description: What keeps the directory from becoming a release, a sentence each.
  type: list
  elements: str
  returned: when it cannot become one
  sample:
    - "feeds.json: is a symbolic link to the absolute path /etc/passwd; make it relative, or a copy."
"""
