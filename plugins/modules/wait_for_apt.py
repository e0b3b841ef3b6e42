#!/usr/bin/python
# Copyright: ansible-airflow contributors
# SPDX-License-Identifier: Apache-2.0
"""Ansible module: wait until no other process holds the locks of apt and dpkg."""

from __future__ import annotations

DOCUMENTATION = r"""
module: wait_for_apt
short_description: Wait until no other process holds the locks of apt and dpkg
description:
  - While it waits, it prints which process holds which lock, and for how long it will still wait.
    M(ansible.builtin.apt) waits as well, but shows nothing.
  - It takes no lock itself, so set O(ansible.builtin.apt#module:lock_timeout) in the next task, too.
requirements:
  - python >= 3.9 on the host
options:
  timeout:
    description: Seconds to wait before it fails.
    type: int
    default: 900
  files:
    description: Lock files.
    type: list
    elements: path
    default:
      - /var/lib/dpkg/lock-frontend
      - /var/lib/dpkg/lock
      - /var/lib/apt/lists/lock
      - /var/cache/apt/archives/lock
author: ansible-airflow maintainers (@ansible-airflow)
attributes:
  action:
    support: full
    description: Waits on the controller, and calls the module on the host every few seconds.
  check_mode:
    support: full
    description: Does not wait.
  diff_mode:
    support: none
    description: Changes nothing.
"""

EXAMPLES = r"""
- name: Wait for unattended-upgrades and other programs that use apt
  ansible_airflow.airflow.wait_for_apt:

- name: Wait for at most one minute
  ansible_airflow.airflow.wait_for_apt:
    timeout: 60

- name: Wait for dpkg only
  ansible_airflow.airflow.wait_for_apt:
    files: [/var/lib/dpkg/lock-frontend, /var/lib/dpkg/lock]
"""

RETURN = r"""
holders:
  description: Processes that still hold a lock, in check mode only. Otherwise none.
  type: list
  elements: dict
  returned: success
  sample: []
seconds:
  description: Seconds that it waited.
  type: int
  returned: success
  sample: 170
"""

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.host.apt_lock import ARGUMENTS, holders


def main() -> None:
    """Run the module, which checks once; its action plugin waits."""
    module = AnsibleModule(argument_spec=ARGUMENTS, supports_check_mode=True)
    try:
        module.exit_json(changed=False, holders=holders(module.params["files"]))
    except OSError as error:
        module.fail_json(msg=f"{error.filename}: {error.strerror}. Reading apt's locks needs root: use become.")


if __name__ == "__main__":
    main()
