#!/usr/bin/python
# Copyright: ansible-airflow contributors
# SPDX-License-Identifier: Apache-2.0
"""Documentation of the action plugin plugins/action/upload_tree.py."""

from __future__ import annotations

DOCUMENTATION = r"""
module: upload_tree
short_description: Upload a directory from the controller to a new directory on a host
description:
  - Sends the directory as one compressed archive, so that many small files arrive within seconds.
  - Skips C(__pycache__) and C(.git). Of file modes, preserves only the executable bit. Root owns all files.
  - Does not compare files. Use it for a directory that was just created, such as a temporary one.
requirements:
  - python >= 3.9 on the host
  - tar and gzip on the host
options:
  src:
    description: Directory on the controller.
    type: path
    required: true
  dest:
    description: Directory on the host. It must exist.
    type: path
    required: true
attributes:
  check_mode:
    description: Reports a change and sends nothing.
    support: full
  diff_mode:
    description: Shows no difference.
    support: none
author: ansible-airflow maintainers (@ansible-airflow)
"""

EXAMPLES = r"""
- name: Create a temporary directory
  ansible.builtin.tempfile:
    state: directory
  register: build_directory

- name: Upload the sources of an image
  ansible_airflow.airflow.upload_tree:
    src: "{{ playbook_dir }}/examples/news_fetcher"
    dest: "{{ build_directory.path }}"

- name: Upload several directories that are next to the inventory
  ansible_airflow.airflow.upload_tree:
    src: "{{ inventory_dir }}/images/{{ item }}"
    dest: "/var/lib/images/{{ item }}"
  loop: [news, reports]

- name: Upload a directory as another user
  ansible_airflow.airflow.upload_tree:
    src: /srv/checkouts/reports
    dest: /srv/reports
  become: true
"""

RETURN = r"""
files:
  description: Number of files and links that were sent.
  returned: success, outside check mode
  type: int
  sample: 12
"""
