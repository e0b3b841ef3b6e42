#!/usr/bin/python
# Copyright: ansible-airflow contributors
# SPDX-License-Identifier: Apache-2.0
"""Ansible module: keep the files of a host from before an upgrade of Airflow, and put them back."""

from __future__ import annotations

DOCUMENTATION = r"""
module: airflow_upgrade_files
short_description: Keep the files of a host from before an upgrade of Airflow, and put them back
description:
  - Keeps configuration, compose definition, secrets, and the releases of DAGs and plugins before an upgrade changes
    them, in a directory of the upgrade that only root enters, and records that the upgrade has begun on this host.
  - After a failure, or later, it puts them back, as playbooks/upgrade_airflow.yml and rollback_airflow.yml do.
requirements:
  - python >= 3.9 on the host
  - docker on the host
options:
  step:
    description:
      - V(keep) copies the files, and records the upgrade. It does nothing if this upgrade was recorded before.
      - V(check) fails if the services from before would not start.
      - V(reopen) records that the upgrade is being undone.
      - V(put_back) gives files their content from before, and removes new ones.
      - V(finish) records that the upgrade has ended. The copies stay.
      - V(forget) removes the copies and the record.
    type: str
    choices: [keep, check, reopen, put_back, finish, forget]
    required: true
  stamp:
    description: Name of the upgrade, such as a time.
    type: str
    required: true
  paths:
    description: Absolute paths of files and directories, for V(keep).
    type: list
    elements: path
    default: []
  growing:
    description: Paths among O(paths) in which files that are new stay when the others are put back.
    type: list
    elements: path
    default: []
  project:
    description: Name of the compose project, whose healthy services V(keep) records.
    type: str
    default: airflow
  compose_file:
    description: Path of the compose definition, for V(check).
    type: path
    default: /usr/local/projects/airflow/compose.yml
  secrets_directory:
    description: Directory of the secrets, for V(check).
    type: path
    default: /etc/airflow/secrets
  before:
    description: Release of Airflow before the upgrade, for V(keep).
    type: str
    default: ""
  after:
    description: Release that it leads to, for V(keep).
    type: str
    default: ""
  revision:
    description: Revision of the database before the upgrade, for V(keep).
    type: str
    default: ""
  records:
    description: Directory with the records of runs.
    type: path
    default: /var/lib/airflow-stack
author: ansible-airflow maintainers (@ansible-airflow)
attributes:
  check_mode:
    support: full
    description: It reports a change, and changes nothing.
  diff_mode:
    support: none
    description: The files can hold secrets.
"""

EXAMPLES = r"""
- name: Keep the files before an upgrade
  ansible_airflow.airflow.airflow_upgrade_files:
    step: keep
    stamp: 20261130T120000Z
    paths: [/usr/local/projects/airflow/compose.yml, /usr/local/projects/airflow/config]
    before: 2.5.3
    after: 3.3.2
    revision: 290244fb8b83

- name: Put them back
  ansible_airflow.airflow.airflow_upgrade_files:
    step: put_back
    stamp: 20261130T120000Z

- name: Remove what the upgrade has kept
  ansible_airflow.airflow.airflow_upgrade_files:
    step: forget
    stamp: 20261130T120000Z
"""

RETURN = r"""
record:
  description: The record of the upgrade. Empty if this host has none.
  type: dict
  returned: success
  sample: {"stamp": "20261130T120000Z", "before": "2.5.3", "after": "3.3.2", "services": ["scheduler", "worker"]}
files:
  description: Files and links that were put back.
  type: list
  elements: str
  returned: success
  sample: ["/usr/local/projects/airflow/compose.yml"]
"""

import os
from typing import Any

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.containers.docker_command import (
    Docker,
    DockerError,
)
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.upgrade import kept, possible, trees

ARGUMENTS = {
    "step": {"type": "str", "choices": ["keep", "check", "reopen", "put_back", "finish", "forget"], "required": True},
    "stamp": {"type": "str", "required": True},
    "paths": {"type": "list", "elements": "path", "default": []},
    "growing": {"type": "list", "elements": "path", "default": []},
    "project": {"type": "str", "default": "airflow"},
    "compose_file": {"type": "path", "default": "/usr/local/projects/airflow/compose.yml"},
    # A path, not a value.
    "secrets_directory": {"type": "path", "default": "/etc/airflow/secrets", "no_log": False},
    "before": {"type": "str", "default": ""},
    "after": {"type": "str", "default": ""},
    "revision": {"type": "str", "default": ""},
    "records": {"type": "path", "default": "/var/lib/airflow-stack"},
}
# What `keep` records of its options.
RECORDED = ("stamp", "before", "after", "revision", "paths", "growing")


def main() -> None:
    """Run the module."""
    module = AnsibleModule(argument_spec=ARGUMENTS, supports_check_mode=True)
    given, step = module.params, module.params["step"]
    if "/" in given["stamp"] or given["stamp"].startswith("."):
        module.fail_json(msg=f"stamp: {given['stamp']} cannot be the name of a directory.")
    docker = Docker(module.get_bin_path("docker", required=True))
    try:
        record = next((entry for entry in kept.read(given["records"]) if entry["stamp"] == given["stamp"]), {})
        if step == "check":
            if problems := checked(given, record, docker):
                module.fail_json(msg=f"{' '.join(problems)} Nothing was changed.")
            module.exit_json(changed=False, record=record, files=[])
        # What an interrupted `keep` has left has no record.
        there = record or (step == "forget" and os.path.isdir(kept.place(given["records"], given["stamp"])))
        needs_nothing = bool(there) == (step == "keep")
        if needs_nothing or module.check_mode:
            module.exit_json(changed=not needs_nothing, record=record, files=[])
        module.exit_json(changed=True, **done(given, record, docker))
    except (OSError, DockerError) as error:
        module.fail_json(msg=f"{step}: {error}")


def checked(given: dict[str, Any], record: dict[str, Any], docker: Docker) -> list[str]:
    """Return why the host cannot run what it ran before an upgrade."""
    if not record:
        return [f"this host keeps nothing of the upgrade {given['stamp']}."]
    return possible.problems(docker, files_of(given), given["compose_file"], given["secrets_directory"])


def files_of(given: dict[str, Any]) -> str:
    """Return the directory of the kept files."""
    return os.path.join(kept.place(given["records"], given["stamp"]), kept.FILES)


def done(given: dict[str, Any], record: dict[str, Any], docker: Docker) -> dict[str, Any]:
    """Do a step, and return the module's results.

    Args:
        given: The module's options.
        record: The record of the upgrade; empty without one.
        docker: The docker command.
    """
    records, stamp = given["records"], given["stamp"]
    if given["step"] == "keep":
        return {"record": keep(given, docker), "files": []}
    if given["step"] == "put_back":
        return {"record": record, "files": trees.put_back(record["paths"], files_of(given), record["growing"])}
    if given["step"] == "finish":
        kept.finish(records, record)
    elif given["step"] == "reopen":
        kept.reopen(records, record)
    else:
        kept.forget(records, stamp)
    return {"record": record, "files": []}


def keep(given: dict[str, Any], docker: Docker) -> dict[str, Any]:
    """Copy the files, and return the record of the upgrade."""
    records, stamp = given["records"], given["stamp"]
    # What an interrupted attempt has copied so far.
    kept.forget(records, stamp)
    record: dict[str, Any] = {name: given[name] for name in RECORDED}
    record |= {"services": possible.healthy(docker, given["project"]), "finished": 0}
    try:
        trees.keep(given["paths"], files_of(given))
        kept.write(records, record)
    except OSError:
        # The copies contain secrets, and fill the disk.
        kept.forget(records, stamp)
        raise
    return record


if __name__ == "__main__":
    main()
