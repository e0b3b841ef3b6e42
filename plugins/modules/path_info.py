#!/usr/bin/python
# Copyright: ansible-airflow contributors
# SPDX-License-Identifier: Apache-2.0
"""Ansible module: report what is at several paths of a host."""

from __future__ import annotations

DOCUMENTATION = r"""
module: path_info
short_description: Report type, owner, mode and digest of several paths
description:
  - Reads all paths in one task. M(ansible.builtin.stat) reads one path, M(ansible.builtin.find) whole directories.
  - P(ansible_airflow.airflow.differing_paths#filter) compares the result with what is wanted, so that unchanged files
    and directories need no task of their own.
  - Symbolic links are not followed.
requirements:
  - python >= 3.9 on the host
options:
  paths:
    description: Absolute paths.
    type: list
    elements: str
    required: true
notes:
  - The result contains digests of files. For files with secret content, use the module only in a task with C(no_log).
attributes:
  check_mode:
    support: full
    description: Changes nothing.
  diff_mode:
    support: none
    description: Changes nothing.
author: ansible-airflow maintainers (@ansible-airflow)
seealso:
  - plugin: ansible_airflow.airflow.differing_paths
    plugin_type: filter
"""

EXAMPLES = r"""
- name: Read the state of two paths
  ansible_airflow.airflow.path_info:
    paths: [/etc/docker, /etc/docker/daemon.json]
  register: host

- name: Read the state of the listed files
  ansible_airflow.airflow.path_info:
    paths: "{{ files | map(attribute='path') }}"
  register: host
  become: true

- name: Read the state of a secret file
  ansible_airflow.airflow.path_info:
    paths: [/etc/airflow/secrets/fernet_key]
  register: host
  no_log: true

- name: Create the directories that are missing or have another owner or mode
  ansible.builtin.file:
    path: "{{ item.path }}"
    state: directory
    owner: "{{ item.owner }}"
    group: "{{ item.group }}"
    mode: "{{ item.mode }}"
  loop: "{{ directories | ansible_airflow.airflow.differing_paths(host.paths) }}"
"""

RETURN = r"""
paths:
  description:
    - What is at each path, by path. Missing paths are left out.
    - C(type) is V(directory), V(file), V(other) (such as a symbolic link) or V(unknown) if the path cannot be read.
    - C(digest) is the SHA-256 of a file.
  type: dict
  returned: success
  sample:
    /etc/docker/daemon.json:
      type: file
      mode: "0644"
      uid: 0
      gid: 0
      owner: root
      group: root
      digest: 44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a
"""

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.host.paths import states

ARGUMENTS = {"paths": {"type": "list", "elements": "str", "required": True}}


def main() -> None:
    """Run the module."""
    module = AnsibleModule(argument_spec=ARGUMENTS, supports_check_mode=True)
    module.exit_json(changed=False, paths=states(module.params["paths"]))


if __name__ == "__main__":
    main()
