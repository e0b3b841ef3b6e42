#!/usr/bin/python
# Copyright: ansible-airflow contributors
# SPDX-License-Identifier: Apache-2.0
"""Ansible module: migrate the database of a stopped Airflow to another release, and go back."""

from __future__ import annotations

DOCUMENTATION = r"""
module: airflow_upgrade_database
short_description: Migrate the database of a stopped Airflow to another release, and go back
description:
  - Runs the migrations on a copy of the database, which then gets its name. The database from before is never changed;
    it gets the name C(NAME_before_STAMP). In the migrated one, all DAGs are paused until V(wake).
  - It can be run again after an interruption.
requirements:
  - python >= 3.9 on the host
  - docker on the host
options:
  step:
    description:
      - V(migrate) copies the database, runs the migrations, and exchanges the databases.
      - V(wake) ends the pause of the DAGs that were not paused before.
      - V(back) gives the database from before its name again. The other one is kept as C(NAME_upgraded_STAMP).
      - V(running) lists the running tasks.
      - V(later) counts the runs of DAGs that only the migrated database has.
      - V(forget) removes the database from before the upgrade.
    type: str
    choices: [running, migrate, wake, back, later, forget]
    required: true
  stamp:
    description: Name of the upgrade, such as a time. Required except for V(running) and V(wake).
    type: str
    default: ""
  revision:
    description: Revision of the database before the upgrade, for V(back).
    type: str
    default: ""
  container:
    description: Container of the stack's Postgres.
    type: str
    default: airflow-postgres-1
  database:
    description: Airflow's database.
    type: str
    default: airflow
  network:
    description: Docker network of the stack.
    type: str
    default: airflow
  secrets_directory:
    description: Directory on the host with C(sql_alchemy_conn) and C(fernet_key).
    type: path
    default: /etc/airflow/secrets
  ca_directory:
    description: Directory on the host with the CA certificates that C(sql_alchemy_conn) names.
    type: path
    default: /usr/local/projects/airflow/ca
  run_as:
    description: User and group of Airflow's processes, C(UID:GID).
    type: str
    default: "50000:0"
  timeout:
    description: Time limit of one migration, in seconds.
    type: int
    default: 7200
extends_documentation_fragment: [ansible_airflow.airflow.airflow_upgrade_steps]
author: ansible-airflow maintainers (@ansible-airflow)
attributes:
  check_mode:
    support: full
    description: Only V(running) and V(later) do something.
  diff_mode:
    support: none
    description: The database can hold secrets.
"""

EXAMPLES = r"""
- name: List the running tasks
  ansible_airflow.airflow.airflow_upgrade_database: {step: running}

- name: Migrate the database
  ansible_airflow.airflow.airflow_upgrade_database: {step: migrate, stamp: 20261130T120000Z, steps: "{{ steps }}"}

- name: Go back to the database from before
  ansible_airflow.airflow.airflow_upgrade_database: {step: back, stamp: 20261130T120000Z, revision: 290244fb8b83}
"""

RETURN = r"""
seconds:
  description: Durations of the migrations by release, in seconds. Empty if the database was migrated already.
  type: dict
  returned: after migrate
  sample: {"2.11.2": 31.5, "3.3.2": 88.1}
left:
  description: Name of the database that V(back) has put aside, or of a copy that was not complete. It can be empty.
  type: str
  returned: after back
  sample: airflow_upgraded_20261130T120000Z
kept:
  description: Whether the database from before the upgrade is there.
  type: bool
  returned: after later
  sample: true
undone:
  description: Whether the upgrade is being undone, so that the database from before has its name again.
  type: bool
  returned: after later
  sample: false
tasks:
  description: The running tasks.
  type: list
  elements: str
  returned: after running
  sample: ["feeds.load, run scheduled__2026-11-30T00:00:00+00:00, on worker1"]
runs:
  description: How many runs of DAGs only the migrated database has.
  type: int
  returned: after later
  sample: 12
removed:
  description: Names of the removed databases.
  type: list
  elements: str
  returned: after forget
  sample: ["airflow_before_20261130T120000Z"]
steps:
  description: What was done, each with the seconds since the start.
  type: list
  elements: str
  returned: always
  sample: ["0.4 s: copying the database", "7.9 s: migrating the copy with Airflow 3.3.2"]
"""

import time
from typing import Any

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.backup.settings import BackupError
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.containers.docker_command import (
    Docker,
    DockerError,
)
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.containers.postgres import PostgresError, Server
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.host.exclusive import alone
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.upgrade import asking, resting
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.upgrade.migration import (
    STEP,
    MigrationError,
    address,
    in_stack,
)
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.upgrade.upgrading import Upgrading

LOCK = "/run/airflow-upgrade-database.lock"
READING = ("running", "later")
NEEDED = [("step", "migrate", ("steps",)), ("step", "back", ("revision",))]
NEEDED += [("step", step, ("stamp",)) for step in ("migrate", "back", "later", "forget")]
ARGUMENTS = {
    "step": {"type": "str", "choices": ["running", "migrate", "wake", "back", "later", "forget"], "required": True},
    "stamp": {"type": "str", "default": ""},
    "steps": {"type": "list", "elements": "dict", "default": [], "options": STEP},
    "revision": {"type": "str", "default": ""},
    "container": {"type": "str", "default": "airflow-postgres-1"},
    "database": {"type": "str", "default": "airflow"},
    "network": {"type": "str", "default": "airflow"},
    # A path, not a value.
    "secrets_directory": {"type": "path", "default": "/etc/airflow/secrets", "no_log": False},
    "ca_directory": {"type": "path", "default": "/usr/local/projects/airflow/ca"},
    "run_as": {"type": "str", "default": "50000:0"},
    "timeout": {"type": "int", "default": 7200},
}


def main() -> None:
    """Run the module."""
    module = AnsibleModule(argument_spec=ARGUMENTS, required_if=NEEDED, supports_check_mode=True)
    given, started = module.params, time.monotonic()
    steps: list[str] = []
    if module.check_mode and given["step"] not in READING:
        module.exit_json(changed=True, steps=steps, seconds={}, left="", removed=[])
    docker = Docker(module.get_bin_path("docker", required=True))

    def doing(step: str) -> None:
        steps.append(f"{time.monotonic() - started:.1f} s: {step}")

    work = Upgrading(
        docker, Server(docker.path, given["container"]), asking.Names(given["database"], given["stamp"]), doing
    )
    try:
        with alone(LOCK, lambda: doing("waiting for an interrupted upgrade that still works on the database")):
            found = done(work, given)
    except (BackupError, DockerError, PostgresError, MigrationError, OSError) as error:
        while_ = f" while {steps[-1].partition(': ')[2]}" if steps else ""
        module.fail_json(msg=f"{given['step']} failed{while_}: {error}", steps=steps)
    module.exit_json(steps=steps, **found)


def done(work: Upgrading, given: dict[str, Any]) -> dict[str, Any]:
    """Do a step with these options, and return the module's results."""
    if given["step"] == "running":
        return {"changed": False, "tasks": asking.running(work.server, work.names)}
    if given["step"] == "later":
        return {
            "changed": False,
            "runs": asking.later(work.server, work.names),
            "kept": asking.there(work.server, work.names.kept),
            "undone": asking.undone(work.server, work.names),
        }
    if given["step"] == "wake":
        return {"changed": resting.end(work.server, given["database"])}
    if given["step"] == "back":
        left = work.back(given["revision"])
        return {"changed": bool(left), "left": left}
    if given["step"] == "forget":
        removed = work.forget()
        return {"changed": bool(removed), "removed": removed}
    return migrated(work, given)


def migrated(work: Upgrading, given: dict[str, Any]) -> dict[str, Any]:
    """Migrate the database."""
    secrets, run_as = given["secrets_directory"], given["run_as"]
    with address(f"{secrets}/sql_alchemy_conn", work.names.copy, run_as) as file:
        place = in_stack(given["network"], file, given["ca_directory"], f"{secrets}/fernet_key", run_as)
        found = work.run(place, given["steps"], given["timeout"])
    return {"changed": bool(found["seconds"]), **found}


if __name__ == "__main__":
    main()
