#!/usr/bin/python
# Copyright: ansible-airflow contributors
# SPDX-License-Identifier: Apache-2.0
"""Documentation of the action plugin plugins/action/airflow_tree_receive.py."""

from __future__ import annotations

DOCUMENTATION = r"""
module: airflow_tree_receive
short_description: Upload a file tree to a host as a new release
description:
  - Uploads a tree that Airflow reads, such as its DAGs or its plugins, next to the release that Airflow reads now.
  - A release consists of the files of a directory on the controller. Its id is derived from their names, modes and
    contents, so a release that exists on the host is not uploaded again.
  - Files that another release on the host contains are linked. The others are sent as one archive. All files are
    verified by digest before the release appears under its id, so a release is never incomplete.
  - C(__pycache__), backup files of editors, and names that begin with a dot are left out, except C(.airflowignore).
  - Airflow keeps reading its current release; M(ansible_airflow.airflow.airflow_tree_switch) changes that.
  - A release that was modified on the host is restored.
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
    description: Origin of the files, such as a repository and a commit. It is stored in the release's manifest.
    type: dict
    default: {}
attributes:
  check_mode:
    description: Compares the files and sends nothing.
    support: full
  diff_mode:
    description: Shows the names of added, changed and removed files, compared to the current release.
    support: full
author: ansible-airflow maintainers (@ansible-airflow)
seealso:
  - module: ansible_airflow.airflow.airflow_tree_switch
"""

EXAMPLES = r"""
- name: Upload the DAGs
  ansible_airflow.airflow.airflow_tree_receive:
    src: "{{ playbook_dir }}/dags"
    directory: /usr/local/projects/airflow/dags
  register: sent

- name: Switch Airflow to the uploaded release
  ansible_airflow.airflow.airflow_tree_switch:
    directory: /usr/local/projects/airflow/dags
    release: "{{ sent.release }}"

- name: Upload the DAGs of a checked out commit, and record the commit
  ansible_airflow.airflow.airflow_tree_receive:
    src: /srv/checkouts/dags
    directory: /usr/local/projects/airflow/dags
    origin:
      repository: https://git.example.com/dags.git
      commit: "{{ checkout.after }}"

- name: Show which files would be uploaded
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
  description: Id of the release that Airflow reads. Null before the first one.
  type: str
  returned: success
  sample: 0a4d55a8d778
files:
  description: Number of files and links in the release.
  type: int
  returned: success
  sample: 12
sent:
  description: Paths of the files that were sent or, in check mode, would be sent.
  type: list
  elements: str
  returned: success
  sample: [new.py]
changes:
  description: Paths of added, changed and removed files, compared to the current release.
  type: dict
  returned: success
  sample:
    added: [new.py]
    changed: []
    removed: []
problems:
  description: One sentence for each reason why the directory cannot become a release.
  type: list
  elements: str
  returned: when it cannot become one
  sample:
    - "feeds.json: is a symbolic link to the absolute path /etc/passwd; make it relative, or replace it by a copy."
"""
