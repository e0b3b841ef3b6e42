#!/usr/bin/python
# Copyright: ansible-airflow contributors
# SPDX-License-Identifier: Apache-2.0
"""Ansible module: restore a backup of an Airflow stack, step by step."""

from __future__ import annotations

DOCUMENTATION = r"""
module: airflow_restore
short_description: Restore a backup of an Airflow stack
description:
  - Restores one step of a set of snapshots. playbooks/restore_airflow.yml calls the steps in order, on the hosts that
    need them, while Airflow is stopped.
  - Nothing is deleted. Replaced files are moved to a directory C(.replaced_TIME) beside their place, and replaced
    databases are renamed to C(NAME_replaced_TIME).
  - A restore that was interrupted can be run again.
  - O(settings) can contain credentials, and O(password) is one. Set C(no_log) for the task, and report its C(msg) by
    another one.
requirements:
  - python >= 3.9 on the host
  - restic >= 0.14 on the host
options:
  step:
    description:
      - V(plan) finds the set, and reads what it contains and what it would replace. It changes nothing.
      - V(files) restores the files of one host.
      - V(databases) restores the databases, on the keeper.
      - V(finish) removes the dumps and the record of the restore.
    type: str
    choices: [plan, files, databases, finish]
    required: true
  set:
    description: Name of the set, or V(latest), for V(plan).
    type: str
    default: latest
  manifest:
    description: Manifest of the set, as V(plan) returned it, for V(files) and V(databases).
    type: dict
  settings:
    description: Settings of the host, as role airflow_backup writes them to C(/etc/airflow/secrets/backup_settings).
    type: dict
    required: true
  password:
    description: Password of the repository. Without it, the file that O(settings) names is read.
    type: str
  from_host:
    description: Host of the set whose files this host gets, for V(files).
    type: str
    default: ""
  replace:
    description: Whether V(plan) may give up an interrupted restore of another set.
    type: bool
    default: false
  stamp:
    description: Text for the names of what is replaced, such as a time. Required for V(files) and V(databases).
    type: str
    default: ""
author: ansible-airflow maintainers (@ansible-airflow)
attributes:
  check_mode:
    support: full
    description: In check mode only V(plan) does anything.
  diff_mode:
    support: none
    description: The playbook reports what is replaced.
"""

EXAMPLES = r"""
- name: Find the newest complete set
  ansible_airflow.airflow.airflow_restore:
    step: plan
    settings: "{{ settings }}"
    password: "{{ vault_airflow_backup_password }}"
  no_log: true
  register: found

- name: Restore the files of this host
  ansible_airflow.airflow.airflow_restore:
    step: files
    manifest: "{{ found.manifest }}"
    from_host: airflow1
    stamp: "{{ found.stamp }}"
    settings: "{{ settings }}"
  no_log: true

- name: Restore the databases
  ansible_airflow.airflow.airflow_restore:
    step: databases
    manifest: "{{ found.manifest }}"
    stamp: "{{ found.stamp }}"
    settings: "{{ settings }}"
  no_log: true
"""

RETURN = r"""
set:
  description: Name of the set.
  type: str
  returned: O(step=plan)
  sample: 20261129T184500Z
stamp:
  description: Text for the names of what is replaced; of an interrupted restore, its text.
  type: str
  returned: O(step=plan)
  sample: 20261130T071500Z
manifest:
  description: Contents of the set.
  type: dict
  returned: O(step=plan)
  sample: {"set": 20261129T184500Z, "keeper": airflow1, "postgres": "15"}
hosts:
  description: Host of the set that each host of the stack is restored from. Hosts without one are left out.
  type: dict
  returned: O(step=plan)
  sample: {"new1": airflow1}
present:
  description: Databases with data that the set would replace.
  type: list
  elements: str
  returned: O(step=plan)
  sample: [airflow]
interrupted:
  description: Whether a restore of this set was interrupted.
  type: bool
  returned: O(step=plan)
  sample: false
replaced:
  description: Directories or databases that keep what was replaced.
  type: list
  elements: str
  returned: O(step=files) and O(step=databases)
  sample: [airflow_replaced_20261130T071500Z]
steps:
  description: What was done, with the seconds since the start.
  type: list
  elements: str
  returned: success
  sample: ["0.3 s: restoring database airflow"]
"""

import os
import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any, Optional

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.backup import settings
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.backup.restoring import Restoring
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.backup.settings import BackupError, Settings
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.backup.turns import refusing
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.containers.docker_command import DockerError
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.containers.postgres import PostgresError

ARGUMENTS = {
    "step": {"type": "str", "choices": ["plan", "files", "databases", "finish"], "required": True},
    "set": {"type": "str", "default": "latest"},
    "manifest": {"type": "dict"},
    # With no_log here, Ansible would also hide these words in the manifest, which later steps need.
    "settings": {"type": "dict", "required": True},
    "password": {"type": "str", "no_log": False},
    "from_host": {"type": "str", "default": ""},
    "replace": {"type": "bool", "default": False},
    "stamp": {"type": "str", "default": ""},
}


def main() -> None:
    """Run the module."""
    needed = [("step", step, ("manifest", "stamp")) for step in ("files", "databases")]
    module = AnsibleModule(argument_spec=ARGUMENTS, required_if=needed, supports_check_mode=True)
    given, started = module.params, time.monotonic()
    steps: list[str] = []
    if module.check_mode and given["step"] != "plan":
        module.exit_json(changed=True, replaced=[], steps=steps)
    try:
        with refusing(), opened(settings.of(given["settings"]), given["password"]) as known:
            docker = shutil.which("docker") or "/usr/bin/docker"
            work = Restoring(known, docker, lambda step: steps.append(f"{time.monotonic() - started:.1f} s: {step}"))
            found = done(work, given)
    except (BackupError, PostgresError, DockerError, OSError) as error:
        after = f" after {steps[-1]}" if steps else ""
        module.fail_json(msg=f"the restore failed{after}: {error}", steps=steps)
    module.exit_json(**found, steps=steps)


def done(work: Restoring, given: dict[str, Any]) -> dict[str, Any]:
    """Do a step, and return the module's results."""
    if given["step"] == "plan":
        return {"changed": False, **work.plan(given["set"], given["replace"])}
    if given["step"] == "files":
        replaced = work.files(given["manifest"], given["from_host"], given["stamp"])
    elif given["step"] == "databases":
        replaced = work.databases(given["manifest"], given["stamp"])
    else:
        replaced = work.finish()
    return {"changed": True, "replaced": replaced}


@contextmanager
def opened(known: Settings, password: Optional[str]) -> Iterator[Settings]:  # noqa: UP045  # Python 3.9 on hosts
    """Provide the settings with a file for the password, which is removed afterwards.

    Args:
        known: The settings.
        password: The password; None if the host has the file already.
    """
    if password is None:
        yield known
        return
    descriptor, path = tempfile.mkstemp(prefix="airflow-restore-", dir="/run")
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(password)
        yield replace(known, password_file=path)
    finally:
        os.unlink(path)


if __name__ == "__main__":
    main()
