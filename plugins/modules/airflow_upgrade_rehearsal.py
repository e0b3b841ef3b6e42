#!/usr/bin/python
# Copyright: ansible-airflow contributors
# SPDX-License-Identifier: Apache-2.0
"""Ansible module: rehearse the migrations of an upgrade on a copy of Airflow's database."""

from __future__ import annotations

DOCUMENTATION = r"""
module: airflow_upgrade_rehearsal
short_description: Rehearse the migrations of an upgrade on a copy of Airflow's database
description:
  - Starts a temporary Postgres without a network, copies the database of the stack into it, and runs the migrations in
    the images of their releases.
  - Fails if a migration fails, if the copy lacks rows that an upgrade must keep, or if the Fernet key does not decrypt
    the connections and variables of the copy. Warns of connections whose type no provider of the last release knows.
  - The stack is only read, with one C(pg_dump). Everything temporary is removed at the end. After a
    kill, the temporary server ends by itself, and the next rehearsal removes it earlier.
requirements:
  - python >= 3.9 on the host
  - docker on the host
options:
  container:
    description: Container of the stack's Postgres.
    type: str
    default: airflow-postgres-1
  database:
    description: Airflow's database.
    type: str
    default: airflow
  key_file:
    description: File on the host with the Fernet key.
    type: path
    default: /etc/airflow/secrets/fernet_key
  run_as:
    description: User and group of Airflow's processes, C(UID:GID).
    type: str
    default: "50000:0"
  timeout:
    description: Time limit of one migration, in seconds.
    type: int
    default: 7200
  copy:
    description: Whether to migrate a copy. V(false) only looks for what would prevent the migrations.
    type: bool
    default: true
extends_documentation_fragment: [ansible_airflow.airflow.airflow_upgrade_steps]
author: ansible-airflow maintainers (@ansible-airflow)
attributes:
  check_mode:
    support: full
    description: Checks whether the rehearsal can start, and copies nothing.
  diff_mode:
    support: none
    description: It changes nothing.
"""

EXAMPLES = r"""
- name: Rehearse the upgrade that the plan describes
  ansible_airflow.airflow.airflow_upgrade_rehearsal:
    steps: "{{ planned['steps'] }}"

- name: Check whether the disk has room for a rehearsal
  ansible_airflow.airflow.airflow_upgrade_rehearsal:
    steps: "{{ planned['steps'] }}"
  check_mode: true

- name: Rehearse the migration of a large database
  ansible_airflow.airflow.airflow_upgrade_rehearsal:
    steps:
      - release: 2.11.2
        image: registry.example.com/apache/airflow:2.11.2
        command: airflow db migrate
        revision: 5f2621c13b39
    timeout: 36000
"""

RETURN = r"""
megabytes:
  description: Sizes of the database before and after the migrations, in MiB.
  type: dict
  returned: unless in check mode
  sample: {"before": 812, "after": 1043}
seconds:
  description: Durations of the copy and of each migration, in seconds.
  type: dict
  returned: unless in check mode
  sample: {"copy": 14.2, "steps": {"2.11.2": 31.5, "3.3.2": 88.1}}
encrypted:
  description: How many texts of connections and variables the Fernet key decrypts.
  type: int
  returned: unless in check mode
  sample: 250
lines:
  description: The report as people read it.
  type: list
  elements: str
  returned: unless in check mode
  sample: ["Airflow 2.11.2 migrated the copy in 31.5 s."]
steps:
  description: What was done, each with the seconds since the start.
  type: list
  elements: str
  returned: always
  sample: ["0.4 s: starting a temporary Postgres", "7.9 s: copying the database"]
"""

import signal
import time

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.backup.settings import BackupError
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.containers.docker_command import (
    Docker,
    DockerError,
)
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.containers.postgres import PostgresError
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.host.exclusive import alone
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.upgrade.migration import STEP, MigrationError
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.upgrade.questions import prevented
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.upgrade.rehearsal import CONTAINER, Rehearsal
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.upgrade.wanted import Wanted

# Its lock (flock(2)) ends with the process.
LOCK = "/run/airflow-upgrade-rehearsal.lock"
BUSY = (
    f"another rehearsal is running on this host ({LOCK}), perhaps of a run that was interrupted. Wait until it ends, "
    f"or end it by docker rm -f {CONTAINER}, and run the playbook again."
)
ARGUMENTS = {
    "steps": {"type": "list", "elements": "dict", "default": [], "options": STEP},
    "container": {"type": "str", "default": "airflow-postgres-1"},
    "database": {"type": "str", "default": "airflow"},
    # A path, not a value.
    "key_file": {"type": "path", "default": "/etc/airflow/secrets/fernet_key", "no_log": False},
    "run_as": {"type": "str", "default": "50000:0"},
    "timeout": {"type": "int", "default": 7200},
    "copy": {"type": "bool", "default": True},
}


def main() -> None:
    """Run the module."""
    module = AnsibleModule(argument_spec=ARGUMENTS, supports_check_mode=True)
    given, started = module.params, time.monotonic()
    steps: list[str] = []
    if not given["steps"]:
        module.exit_json(changed=False, steps=steps)
    names = ("container", "database", "steps", "key_file", "run_as")
    wanted = Wanted(**{name: given[name] for name in names}, seconds=given["timeout"])
    docker = Docker(module.get_bin_path("docker", required=True))
    rehearsal = Rehearsal(docker, wanted, lambda step: steps.append(f"{time.monotonic() - started:.1f} s: {step}"))
    # Ansible ends a module by a signal; the exception lets the rehearsal remove its containers.
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _stop)
    try:
        if not given["copy"]:
            _leave(module, prevented(docker, rehearsal.source, wanted.database, wanted.steps), steps)
        with alone(LOCK, lambda: module.fail_json(msg=BUSY, steps=steps)):
            if problems := rehearsal.problems():
                module.fail_json(msg=" ".join(problems), steps=steps)
            report = {} if module.check_mode else rehearsal.run()
    except (BackupError, DockerError, PostgresError, MigrationError, OSError) as error:
        while_ = f" while {steps[-1].partition(': ')[2]}" if steps else ""
        module.fail_json(msg=f"the rehearsal failed{while_}: {error} The stack was not changed.", steps=steps)
    if lost := report.pop("lost", []):
        text = f"the migrations would lose rows: {' '.join(lost)} Look at these rows before an upgrade."
        module.fail_json(msg=text, steps=steps, **report)
    module.exit_json(changed=False, steps=steps, **report)


def _leave(module: AnsibleModule, problems: list[str], steps: list[str]) -> None:
    """End the module without a rehearsal."""
    if problems:
        module.fail_json(msg=" ".join(problems), steps=steps)
    module.exit_json(changed=False, steps=steps)


def _stop(number: int, _frame: object) -> None:
    # A second one must not interrupt the removal.
    for other in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(other, signal.SIG_IGN)
    raise SystemExit(128 + number)


if __name__ == "__main__":
    main()
