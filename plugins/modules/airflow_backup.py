#!/usr/bin/python
# Copyright: ansible-airflow contributors
# SPDX-License-Identifier: Apache-2.0
"""Ansible module: open the backup repository of a host, make a backup, or report the last one."""

from __future__ import annotations

DOCUMENTATION = r"""
module: airflow_backup
short_description: Back up an Airflow stack
description:
  - Works with the settings that role airflow_backup has written to the host.
  - Hold the stack's lock while you call it with O(state=made), for example by playbooks/lock_airflow.yml.
requirements:
  - python >= 3.9 on the host
  - restic >= 0.14 on the host
options:
  state:
    description:
      - V(opened) opens the repository, and creates it if this host has never used it.
      - V(made) also makes a backup of this host.
      - V(reported) only reads the record of the last backup. It needs neither settings nor restic.
    type: str
    choices: [opened, made, reported]
    default: made
  set:
    description: >-
      Name of the set that the backup belongs to, a time such as 20261129T023000Z. Required with O(state=made). All
      hosts of a stack use the same name.
    type: str
    default: ""
  hosts:
    description: Hosts that take part, for O(state=made). By default all of the stack.
    type: list
    elements: str
    default: []
  settings:
    description: File with the settings.
    type: path
    default: /etc/airflow/secrets/backup_settings
  records:
    description: Directory with the records of runs, for O(state=reported).
    type: path
    default: /var/lib/airflow-stack
author: ansible-airflow maintainers (@ansible-airflow)
attributes:
  check_mode:
    support: full
    description: In check mode nothing is created or backed up.
  diff_mode:
    support: none
    description: A backup does not change the stack.
"""

EXAMPLES = r"""
- name: Create the repository if it does not exist
  ansible_airflow.airflow.airflow_backup:
    state: opened

- name: Make a backup
  ansible_airflow.airflow.airflow_backup:
    set: 20261129T184500Z

- name: Read when the last backup was made
  ansible_airflow.airflow.airflow_backup:
    state: reported
  register: backup
"""

RETURN = r"""
created:
  description: Whether the repository was created.
  type: bool
  returned: O(state=opened)
  sample: false
set:
  description: Name of the set.
  type: str
  returned: O(state=made)
  sample: 20261129T184500Z
missing:
  description: Hosts whose files the set lacks.
  type: list
  elements: str
  returned: O(state=made) on the keeper
  sample: []
steps:
  description: What the backup did, with the seconds since its start.
  type: list
  elements: str
  returned: O(state=made)
  sample: ["0.4 s: dumping database airflow", "2.1 s: sending files to /var/backups/airflow"]
lines:
  description: The last backup, check and drill, for people.
  type: list
  elements: str
  returned: success
  sample: ["last backup: 20261129T184500Z, 3 h ago, 4.2 s, 3.1 MiB of dumps"]
"""

import time
from typing import Any

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.backup import settings, status
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.backup.opening import open_repository
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.backup.restic import Restic
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.backup.run import Backup
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.backup.settings import BackupError
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.backup.turns import refusing

ARGUMENTS = {
    "state": {"type": "str", "choices": ["opened", "made", "reported"], "default": "made"},
    "set": {"type": "str", "default": ""},
    "hosts": {"type": "list", "elements": "str", "default": []},
    "settings": {"type": "path", "default": "/etc/airflow/secrets/backup_settings"},
    "records": {"type": "path", "default": "/var/lib/airflow-stack"},
}


def main() -> None:
    """Run the module."""
    module = AnsibleModule(argument_spec=ARGUMENTS, required_if=[("state", "made", ("set",))], supports_check_mode=True)
    state, records = module.params["state"], module.params["records"]
    try:
        if state == "reported" or module.check_mode:
            module.exit_json(changed=False, lines=status.lines(status.read(records), time.time()))
        known = settings.read(module.params["settings"])
        found = opened(known) if state == "opened" else made(known, module.params["set"], module.params["hosts"])
    except (BackupError, OSError) as error:
        module.fail_json(msg=str(error))
    module.exit_json(**found, lines=status.lines(status.read(known.records), time.time()))


def opened(known: settings.Settings) -> dict[str, Any]:
    """Open the repository, and return whether it was created.

    Raises:
        BackupError: It cannot be opened.
    """
    created = open_repository(Restic(known))
    return {"changed": created, "created": created}


def made(known: settings.Settings, name: str, hosts: list[str]) -> dict[str, Any]:
    """Make a backup, and return the module's results.

    Raises:
        BackupError: It failed.
    """
    started = time.monotonic()
    steps: list[str] = []

    def doing(step: str) -> None:
        steps.append(f"{time.monotonic() - started:.1f} s: {step}")

    with refusing():
        found = Backup(known, name, doing, hosts).run()
    missing = found.get("manifest", {}).get("missing", [])
    return {"changed": True, "set": name, "missing": missing, "steps": steps}


if __name__ == "__main__":
    main()
