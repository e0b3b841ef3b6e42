#!/usr/bin/python
# Copyright: ansible-airflow contributors
# SPDX-License-Identifier: Apache-2.0
"""Ansible module: move the stack's Postgres to another major version."""

from __future__ import annotations

DOCUMENTATION = r"""
module: airflow_postgres_upgrade
short_description: Move a Postgres in a container to another major version
description:
  - Stops the server, and starts two servers without a network instead, one on its data and one of the new version on a
    new volume, so that nobody writes meanwhile.
  - Copies all roles and databases with the programs of the new version, and compares the rows of each table, the
    sequences and the number of large objects.
  - Then it exchanges the directories of the two volumes, and removes the old container. The old data keep a volume of
    their own, V(VOLUME_OLDVERSION_TIME).
  - If the copy fails, the server runs again as before. A run that was interrupted can be repeated.
  - If the data are of the wanted version, it only removes what an interrupted upgrade has left.
requirements:
  - python >= 3.9 on the host
options:
  image:
    description: Image of the new version. It must be on the host.
    type: str
    required: true
  major:
    description: Its major version.
    type: str
    required: true
  container:
    description: Container of the server.
    type: str
    default: airflow-postgres-1
  volume:
    description: Volume of the data.
    type: str
    default: airflow_postgres_data
  password_file:
    description: File on the host with the password of the superuser C(airflow).
    type: path
    default: /etc/airflow/secrets/postgres_password
  recover:
    description:
      - Only remove what an interrupted upgrade has left, and start the old server again. It fails while an upgrade
        runs.
    type: bool
    default: false
  timeout:
    description: Seconds to wait until a server answers.
    type: int
    default: 300
author: ansible-airflow maintainers (@ansible-airflow)
attributes:
  check_mode:
    support: full
    description: Checks whether the upgrade is possible, and changes nothing. A server that is stopped is not asked.
  diff_mode:
    support: full
    description: Shows the version before and after.
"""

EXAMPLES = r"""
- name: Move to Postgres 17
  ansible_airflow.airflow.airflow_postgres_upgrade:
    image: postgres:17
    major: "17"

- name: Check whether the stack can move to Postgres 17
  ansible_airflow.airflow.airflow_postgres_upgrade:
    image: postgres:17
    major: "17"
  check_mode: true

- name: Move a server with another volume
  ansible_airflow.airflow.airflow_postgres_upgrade:
    image: postgres:16
    major: "16"
    container: reports-postgres-1
    volume: reports_data
    password_file: /etc/reports/postgres_password
"""

RETURN = r"""
before:
  description: Major version of the data before.
  type: str
  returned: success
  sample: "15"
kept:
  description: Volume that keeps the old data. Empty if nothing was changed.
  type: str
  returned: success
  sample: airflow_postgres_data_15_20261129T152645
steps:
  description: The steps, each with the seconds since the start.
  type: list
  elements: str
  returned: always
  sample: ["0.4 s: starting postgres:17", "7.9 s: copying database airflow"]
"""

import time
from typing import Any

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.containers.docker_command import (
    Docker,
    DockerError,
)
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.containers.postgres import PostgresError
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.containers.postgres_servers import Wanted
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.containers.postgres_upgrade import Upgrade
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.host.exclusive import alone

# Its lock (flock(2)) ends with the process: a killed run of Ansible leaves the module running on the host.
LOCK = "/run/airflow-postgres-upgrade.lock"
BUSY = (
    f"an upgrade that an earlier run started is still running on this host ({LOCK}). Wait until it ends, and run the "
    "playbook again."
)
ARGUMENTS = {
    "image": {"type": "str", "required": True},
    "major": {"type": "str", "required": True},
    "container": {"type": "str", "default": "airflow-postgres-1"},
    "volume": {"type": "str", "default": "airflow_postgres_data"},
    # A path, not a value.
    "password_file": {"type": "path", "default": "/etc/airflow/secrets/postgres_password", "no_log": False},
    "recover": {"type": "bool", "default": False},
    "timeout": {"type": "int", "default": 300},
}


def main() -> None:
    """Run the module."""
    module = AnsibleModule(argument_spec=ARGUMENTS, supports_check_mode=True)
    given, started = module.params, time.monotonic()
    steps: list[str] = []
    wanted = Wanted(
        container=given["container"],
        volume=given["volume"],
        image=given["image"],
        major=given["major"],
        password_file=given["password_file"],
        seconds=given["timeout"],
    )
    docker = Docker(module.get_bin_path("docker", required=True))
    upgrade = Upgrade(docker, wanted, lambda step: steps.append(f"{time.monotonic() - started:.1f} s: {step}"))
    work = recover if given["recover"] else move
    try:
        with alone(LOCK, lambda: module.fail_json(msg=BUSY)):
            module.exit_json(**work(upgrade, module.check_mode), steps=steps)
    except (DockerError, PostgresError, OSError) as error:
        after = f" after {steps[-1]}" if steps else ""
        module.fail_json(msg=f"the upgrade failed{after}: {error} {where(upgrade)}", steps=steps)


def move(upgrade: Upgrade, check_mode: bool) -> dict[str, Any]:
    """Move the data unless they are of the wanted version.

    Args:
        upgrade: The upgrade.
        check_mode: Whether to change nothing.

    Returns:
        Results of the module.

    Raises:
        DockerError: A docker command failed.
        OSError: A directory cannot be renamed.
        PostgresError: The upgrade is not possible, or failed.
    """
    wanted, before = upgrade.wanted, upgrade.found()
    if before == wanted.major:
        changed = upgrade.leftovers()
        if changed and not check_mode and (left := upgrade.clean()):
            raise PostgresError(" ".join(left))
        return {"changed": changed, "before": before, "kept": ""}
    between = upgrade.is_between()
    if not between and (problems := upgrade.problems()):
        raise PostgresError(" ".join(problems))
    upgrade.kept = "" if between else f"{wanted.volume}_{before}_{time.strftime('%Y%m%dT%H%M%S', time.gmtime())}"
    if not check_mode:
        upgrade.run()
    versions = {"before": f"Postgres {before or 'none'}\n", "after": f"Postgres {wanted.major}\n"}
    return {"changed": True, "before": before, "kept": upgrade.kept, "diff": versions}


def recover(upgrade: Upgrade, check_mode: bool) -> dict[str, Any]:
    """Remove what an upgrade has left, and start the old server again.

    Args:
        upgrade: The upgrade.
        check_mode: Whether to change nothing.

    Returns:
        Results of the module.

    Raises:
        DockerError: A docker command failed.
        PostgresError: Something is still in use, or the data are half exchanged.
    """
    changed, before = upgrade.leftovers(), upgrade.found()
    if upgrade.is_between():
        raise PostgresError("the volumes are half exchanged.")
    if not check_mode and (left := upgrade.recover()):
        raise PostgresError(" ".join(left))
    return {"changed": changed, "before": before, "kept": ""}


def where(upgrade: Upgrade) -> str:
    """Return where the data are after a failure."""
    try:
        if upgrade.is_between():
            return "Run the playbook again: it goes on where it ended."
        if upgrade.found() == upgrade.wanted.major:
            return f"The new data are in use, and the old data are in the volume {upgrade.kept}."
        if not upgrade.found():
            return f"The volumes whose names begin with {upgrade.wanted.volume} have the data."
    except DockerError:
        pass
    return f"The old data are in the volume {upgrade.wanted.volume}."


if __name__ == "__main__":
    main()
