#!/usr/bin/python
# Copyright: ansible-airflow contributors
# SPDX-License-Identifier: Apache-2.0
"""Ansible module: report the state of a stack's host, and which other hosts it reaches."""

from __future__ import annotations

DOCUMENTATION = r"""
module: airflow_host_state
short_description: Report the clock, secrets, images, database, memory, disks and reachable hosts of a stack's host
description:
  - Collects what the hosts of a stack must agree on, before anything is changed.
  - The offset from the controller's clock is computed from the module's start and end times on both machines.
    RV(clock_error) is the uncertainty that Ansible's own overhead causes.
requirements:
  - python >= 3.9 on the host
options:
  reach:
    description:
      - TCP ports that this host must reach, keyed by host address. An answer on one port is enough; a refused
        connection counts as an answer.
    type: dict
    default: {}
  servers:
    description: Servers that this host must reach, each as C(HOST:PORT). A refused connection is not an answer.
    type: list
    elements: str
    default: []
  secrets_directory:
    description: Directory of the stack's secrets.
    type: path
    default: /etc/airflow/secrets
  secrets:
    description: Names of the secrets to compare.
    type: list
    elements: str
    default: []
  volume:
    description: Name of the Docker volume that holds Airflow's database.
    type: str
    default: airflow_postgres_data
  project:
    description: Name of the compose project.
    type: str
    default: airflow
  ca_file:
    description: Certificate of the stack's CA, which hosts have if the stack uses TLS.
    type: path
    default: /usr/local/projects/airflow/ca/ca.crt
  firewall_file:
    description: File of the stack's firewall, which hosts have that this release or a later one deployed.
    type: path
    default: /etc/airflow-firewall.nft
  places:
    description: Places whose file systems to measure.
    type: list
    elements: dict
    default: []
    suboptions:
      name:
        description: Name of the place in the result.
        type: str
        required: true
      path:
        description: Its path. A path that does not exist yet stands for its parent.
        type: str
        default: ""
      volume:
        description:
          - Name of the Docker volume that it is. Without a path and a volume, the place is Docker's data directory.
        type: str
        default: ""
  data_root:
    description: Docker's data directory. If empty, it is read from /etc/docker/daemon.json.
    type: str
    default: ""
author: ansible-airflow maintainers (@ansible-airflow)
notes:
  - With O(secrets), the result contains digests of secrets, so use the module only in a task with C(no_log).
attributes:
  check_mode:
    support: full
    description: Changes nothing.
  diff_mode:
    support: none
    description: Changes nothing.
"""

EXAMPLES = r"""
- name: Read the state of a host
  ansible_airflow.airflow.airflow_host_state:
    reach:
      192.0.2.11: [22, 5432]
    secrets: [fernet_key]
  register: state
  no_log: true

- name: Find external servers that do not answer
  ansible_airflow.airflow.airflow_host_state:
    servers: ["db.example.com:5432", "redis.example.com:6379"]
  register: state
  no_log: true

- name: Compare two secrets of another directory
  ansible_airflow.airflow.airflow_host_state:
    secrets_directory: /etc/airflow-test/secrets
    secrets: [fernet_key, postgres_password]
  register: state
  no_log: true

- name: Read the memory and the free space of a host
  ansible_airflow.airflow.airflow_host_state:
    places:
      - {name: images}
      - {name: logs, path: /usr/local/projects/airflow}
  register: state
"""

RETURN = r"""
clock_offset:
  description: Seconds by which the host's clock is ahead of the controller's.
  type: float
  returned: success
  sample: 0.1
clock_error:
  description: Largest possible error of RV(clock_offset), in seconds.
  type: float
  returned: success
  sample: 0.4
unreachable_addresses:
  description: Addresses of O(reach) that did not answer.
  type: list
  elements: str
  returned: success
  sample: [192.0.2.12]
silent_servers:
  description: Servers of O(servers) that did not answer.
  type: list
  elements: str
  returned: success
  sample: ["db.example.com:5432"]
digests:
  description: SHA-256 of each existing secret, by name.
  type: dict
  returned: success
  sample:
    fernet_key: 9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08
images:
  description: Image of each service of O(project) that has a container.
  type: dict
  returned: success
  sample:
    worker: apache/airflow:3.3.2
tls:
  description: Whether O(ca_file) exists.
  type: bool
  returned: success
  sample: false
firewall:
  description: Whether O(firewall_file) exists.
  type: bool
  returned: success
  sample: true
memory:
  description: Memory of the host in MiB; 0 if it is unknown.
  type: int
  returned: success
  sample: 7936
file_systems:
  description:
    - The file systems of O(places), with the names of their places, where they are mounted, and what is free for users
      other than root, in MiB and as inodes. On a file system without a fixed number of inodes, that is -1.
  type: list
  elements: dict
  returned: success
  sample:
    - {places: [images, logs], mount: /, free: 20480, inodes: 1200000}
database:
  description: Whether the volume of Airflow's database exists.
  type: bool
  returned: success
  sample: true
"""

import os
import time

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.host import capacity
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.host.state import (
    ARGUMENTS,
    digests,
    images,
    silent_servers,
    unreachable,
)


def main() -> None:
    """Run the module."""
    started = time.time()
    module = AnsibleModule(argument_spec=ARGUMENTS, supports_check_mode=True)
    docker = module.get_bin_path("docker")
    try:
        found = digests(module.params["secrets_directory"], module.params["secrets"])
    except OSError as error:
        module.fail_json(msg=f"{error.filename}: {error.strerror}; nothing was changed.")
    volume = [docker, "volume", "inspect", module.params["volume"]]
    paths = capacity.located(module.params["places"], module.params["data_root"] or capacity.data_root())
    module.exit_json(
        changed=False,
        unreachable_addresses=unreachable(module.params["reach"]),
        silent_servers=silent_servers(module.params["servers"]),
        digests=found,
        tls=os.path.exists(module.params["ca_file"]),
        firewall=os.path.exists(module.params["firewall_file"]),
        images=images(module.run_command, docker, module.params["project"]) if docker else {},
        database=bool(docker) and module.run_command(volume)[0] == 0,
        memory=capacity.memory(),
        file_systems=capacity.file_systems(paths),
        times=[started, time.time()],
    )


if __name__ == "__main__":
    main()
