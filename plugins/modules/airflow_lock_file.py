#!/usr/bin/python
# Copyright: ansible-airflow contributors
# SPDX-License-Identifier: Apache-2.0
"""Ansible module: read and write the lock file of a stack on a host, for airflow_lock."""

from __future__ import annotations

DOCUMENTATION = r"""
module: airflow_lock_file
short_description: Read and write the lock file of a stack
description:
  - M(ansible_airflow.airflow.airflow_lock) runs this module on the host. Call that module instead.
requirements:
  - python >= 3.9 on the host
options:
  state:
    description: V(held) acquires the lock, V(free) releases it, V(seen) only reads it.
    type: str
    choices: [held, free, seen]
    default: held
  path:
    description: Path of the lock file. Its directory is created.
    type: path
    required: true
  run:
    description: Description of the run of C(ansible-playbook).
    type: dict
    required: true
  replace:
    description: Id of a lock to replace although another run holds it.
    type: str
    default: ""
  seen:
    description: >-
      Id of the run that had acquired the lock last when this run checked the hosts. If it is another one now, the lock
      is not acquired.
    type: str
  remove:
    description: Whether V(free) also removes the directory of the lock.
    type: bool
    default: false
author: ansible-airflow maintainers (@ansible-airflow)
attributes:
  check_mode:
    support: none
    description: The action plugin does not run it in check mode.
  diff_mode:
    support: none
    description: Locking never reports a change.
"""

EXAMPLES = r"""
- name: Acquire the lock
  ansible_airflow.airflow.airflow_lock_file:
    path: /var/lib/airflow-stack/lock.json
    run: "{{ description }}"

- name: Replace the lock of a run that has exited
  ansible_airflow.airflow.airflow_lock_file:
    path: /var/lib/airflow-stack/lock.json
    run: "{{ description }}"
    replace: 5f0c9a31

- name: Release the lock
  ansible_airflow.airflow.airflow_lock_file:
    state: free
    path: /var/lib/airflow-stack/lock.json
    run: "{{ description }}"
"""

RETURN = r"""
holder:
  description: Content of the lock file; before it was removed, with O(state=free). Empty if there is no lock.
  type: dict
  returned: success
  sample:
    id: 5f0c9a31
    playbook: site
last:
  description: Id of the run that acquired the lock last. Empty before the first one.
  type: str
  returned: success
  sample: 5f0c9a31
"""

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.host.lock import LockError, acquire, look, release

ARGUMENTS = {
    "state": {"type": "str", "choices": ["held", "free", "seen"], "default": "held"},
    "path": {"type": "path", "required": True},
    "run": {"type": "dict", "required": True},
    "replace": {"type": "str", "default": ""},
    "seen": {"type": "str"},
    "remove": {"type": "bool", "default": False},
}


def main() -> None:
    """Run the module."""
    module = AnsibleModule(argument_spec=ARGUMENTS)
    state, path, run = (module.params[name] for name in ("state", "path", "run"))
    try:
        if state == "free":
            answer = release(path, run, module.params["remove"])
        elif state == "seen":
            answer = look(path)
        else:
            answer = acquire(path, run, module.params["replace"], module.params["seen"])
    except LockError as error:
        module.fail_json(msg=str(error))
    except OSError as error:
        module.fail_json(msg=f"the lock {path} cannot be written: {error.strerror}; nothing was changed.")
    module.exit_json(changed=False, **answer)


if __name__ == "__main__":
    main()
