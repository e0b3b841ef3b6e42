#!/usr/bin/python
# Copyright: ansible-airflow contributors
# SPDX-License-Identifier: Apache-2.0
"""Ansible module: acquire and release the stack lock. Its action plugin does this on the controller."""

from __future__ import annotations

DOCUMENTATION = r"""
module: airflow_lock
short_description: Lock a stack against concurrent Ansible runs
description:
  - Acquires or releases a lock on a host for the running C(ansible-playbook).
  - The lock names the controller, the process and its boot, the user, the playbook and the time. It has no expiry.
  - The lock is reentrant within a run. Only the playbook that acquired it first releases it.
  - A failed or killed run leaves a stale lock. A later run on the same controller detects this and replaces it. Another
    controller's lock remains until it is released or named in O(break).
requirements:
  - python >= 3.9 on the host
options:
  state:
    description:
      - V(held) acquires the lock, V(free) releases it.
      - V(seen) waits until the lock can be acquired and returns RV(last), without acquiring it.
    type: str
    choices: [held, free, seen]
    default: held
  playbook:
    description: Name of the playbook that acquires the lock, without its file extension.
    type: str
    required: true
  path:
    description: Path of the lock file. Its directory is created.
    type: path
    default: /var/lib/airflow-stack/lock.json
  wait:
    description: Seconds to wait until another run releases the lock.
    type: int
    default: 0
  break:
    description: Id of a lock to break although another run holds it. Locks with other ids are kept.
    type: str
    default: ""
  seen:
    description: >-
      What RV(last) was with O(state=seen), before this run checked the hosts. If another run has acquired the lock
      since then, O(state=held) fails, because the checks may no longer be true.
    type: str
  remove:
    description: Whether O(state=free) also removes the directory of the lock, with all records of runs.
    type: bool
    default: false
author: ansible-airflow maintainers (@ansible-airflow)
notes:
  - The part of this module that runs on the controller needs /proc, or the commands C(ps) and C(sysctl).
attributes:
  check_mode:
    support: full
    description: In check mode the lock is neither acquired nor released.
  diff_mode:
    support: none
    description: Locking never reports a change.
"""

EXAMPLES = r"""
- name: Lock the stack
  ansible_airflow.airflow.airflow_lock:
    playbook: site

- name: Wait up to ten minutes for another run to finish
  ansible_airflow.airflow.airflow_lock:
    playbook: site
    wait: 600

- name: Unlock the stack
  ansible_airflow.airflow.airflow_lock:
    playbook: site
    state: free
"""

RETURN = r"""
holder:
  description: Content of the lock file; before it was removed, with O(state=free). Empty if there is no lock.
  type: dict
  returned: success
  sample:
    boot: 1d6e3d4e-8c0f-4b53-9f77-d2a4f5c60d0e
    controller: laptop
    id: 5f0c9a31
    machine: 0123456789abcdef0123456789abcdef pid:[4026531836]
    pid: 4711
    playbook: site
    process_started: "123456"
    started: "2026-11-29T11:06:22Z"
    user: jane
last:
  description: Id of the run that acquired the lock last. Empty before the first one.
  type: str
  returned: success
  sample: 5f0c9a31
replaced:
  description: Content of the stale lock file that was replaced; empty if none was.
  type: dict
  returned: success
  sample: {}
"""
