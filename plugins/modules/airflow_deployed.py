#!/usr/bin/python
# Copyright: ansible-airflow contributors
# SPDX-License-Identifier: Apache-2.0
"""Ansible module: read what a host already has of a stack."""

from __future__ import annotations

DOCUMENTATION = r"""
module: airflow_deployed
short_description: Read what a host already has of a stack, or of another Airflow under the same names
description:
  - Reads the containers of the compose project, the command C(airflow), the volume of Postgres, and from a running
    Postgres the revision of Airflow's schema.
  - Reads the network of the stack, and the host's own networks.
  - Without a running engine, only files are read.
requirements:
  - python >= 3.9 on the host
options:
  project:
    description: Name of the compose project.
    type: str
    default: airflow
  command:
    description: Path of the command.
    type: path
    default: /usr/local/bin/airflow
  volume:
    description: Name of the volume with Airflow's database.
    type: str
    default: airflow_postgres_data
  network:
    description: Name of the stack's network.
    type: str
    default: airflow
  evidence:
    description: Files that show that a database was created on this host, each with the text that it then contains.
    type: dict
    default: {}
  secret:
    description:
      - A secret with the address of the database, and the text that it contains if the database is on this host. It
        shows that a database was created if it is older than O(since), or if that file does not exist.
    type: dict
    default: {}
  since:
    description: File that runs create before they generate secrets.
    type: path
    default: /var/lib/airflow-stack/guard
  needed:
    description: Paths that must exist before a run.
    type: list
    elements: path
    default: []
  records:
    description: Directory with the records of runs.
    type: path
    default: /var/lib/airflow-stack
  docker_socket:
    description: Socket of the engine.
    type: path
    default: /var/run/docker.sock
author: ansible-airflow maintainers (@ansible-airflow)
attributes:
  check_mode:
    support: full
    description: It changes nothing.
  diff_mode:
    support: none
    description: It changes nothing.
"""

EXAMPLES = r"""
- name: Read what the host already has
  ansible_airflow.airflow.airflow_deployed:
  register: deployed

- name: Look for a database that was created before
  ansible_airflow.airflow.airflow_deployed:
    evidence:
      /usr/local/projects/airflow/compose.yml: airflow_postgres_data
  register: deployed

- name: Look for another compose project
  ansible_airflow.airflow.airflow_deployed:
    project: airflow-test
  register: deployed
"""

RETURN = r"""
engine:
  description: Whether the engine answered.
  type: bool
  returned: success
  sample: true
containers:
  description: Containers of the project, running or not.
  type: list
  elements: dict
  returned: success
  sample:
    - name: airflow-scheduler-1
      service: scheduler
      image_id: sha256:0a4d55a8d778
      running: true
      ours: true
      project_directory: /tmp
      directory: /usr/local/projects/airflow
upgrading:
  description: Running servers that an upgrade of Postgres has started on the data. Without an upgrade, none.
  type: list
  elements: str
  returned: success
  sample: []
restoring:
  description: Name of the set whose restore was interrupted. Empty without one.
  type: str
  returned: success
  sample: ""
interrupted:
  description: Record of an upgrade of Airflow that was interrupted on this host. Empty without one.
  type: dict
  returned: success
  sample: {}
upgraded:
  description: Records of the upgrades of Airflow that ended, and of which this host keeps something, the oldest first.
  type: list
  elements: dict
  returned: success
  sample: []
command:
  description: Who installed the command, V(ours) or V(foreign). Empty if it does not exist.
  type: str
  returned: success
  sample: ours
volume:
  description:
    - Directory of the volume, the version of Postgres that created its data, and the user id of the data, -1 without
      data. Empty without a volume.
  type: dict
  returned: success
  sample:
    directory: /var/lib/docker/volumes/airflow_postgres_data/_data
    postgres: "15"
    owner: 999
new_volume:
  description: The same for the volume that an upgrade of Postgres fills. Empty without an upgrade.
  type: dict
  returned: success
  sample: {}
revision:
  description: Revision of Airflow's schema. Empty if the stack's own Postgres does not run here, or has no schema.
  type: str
  returned: success
  sample: 290244fb8b83
network:
  description:
    - Settings with which a run created the network, its IPv4 subnets, and its running containers that are neither the
      project's nor a task's. Empty without a network.
  type: dict
  returned: success
  sample: {settings: "subnet=10.210.0.0/24", subnets: [10.210.0.0/24], guests: []}
host_network:
  description:
    - IPv4 networks to which the host has a route, except the default route; its own addresses and its name servers,
      except loopback ones; the address from which Ansible is connected by SSH, empty for another connection; and the
      MTU for networks of containers in daemon.json, empty if it sets none.
  type: dict
  returned: success
  sample:
    routes: [{interface: eth0, network: 192.0.2.0/24}]
    addresses: [192.0.2.11]
    controller: 198.51.100.7
missing:
  description: The paths of O(needed) that do not exist.
  type: list
  elements: str
  returned: success
  sample: []
evidence:
  description: Files that show that a database was created on this host.
  type: list
  elements: str
  returned: success
  sample: [/usr/local/projects/airflow/compose.yml]
"""

import os

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.containers.deployed import (
    command,
    containers,
    evidence,
    revision,
    upgrading,
    volume,
)
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.containers.engine import Engine, EngineError
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.containers.networks import network
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.host import network as host_network
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.host import restore_marker
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.upgrade import kept

ARGUMENTS = {
    "project": {"type": "str", "default": "airflow"},
    "command": {"type": "path", "default": "/usr/local/bin/airflow"},
    "volume": {"type": "str", "default": "airflow_postgres_data"},
    "network": {"type": "str", "default": "airflow"},
    "evidence": {"type": "dict", "default": {}},
    # A path and an address, no value.
    "secret": {"type": "dict", "default": {}, "no_log": False},
    "since": {"type": "path", "default": "/var/lib/airflow-stack/guard"},
    "needed": {"type": "list", "elements": "path", "default": []},
    "records": {"type": "path", "default": "/var/lib/airflow-stack"},
    "docker_socket": {"type": "path", "default": "/var/run/docker.sock"},
}


def main() -> None:
    """Run the module."""
    module = AnsibleModule(argument_spec=ARGUMENTS, supports_check_mode=True)
    engine = Engine(module.params["docker_socket"])
    found: dict[str, object] = {"engine": True, "containers": [], "upgrading": [], "revision": ""}
    found |= {"volume": {}, "new_volume": {}, "network": {}}
    try:
        found["containers"] = entries = containers(engine, module.params["project"])
        found["upgrading"] = upgrading(engine)
        found["revision"] = revision(module.run_command, module.params["docker_socket"], entries)
        found["volume"] = volume(engine, module.params["volume"]) or {}
        found["new_volume"] = volume(engine, f"{module.params['volume']}_new") or {}
        found["network"] = network(engine, module.params["network"], module.params["project"])
    except EngineError as error:
        # Without an engine, or with one that is stopped: role docker installs and starts it, and the check runs again.
        if not isinstance(error.__cause__, (FileNotFoundError, ConnectionRefusedError)):
            module.fail_json(msg=f"the Docker engine does not say what the host has: {error}; nothing was changed.")
        found["engine"] = False
    module.exit_json(
        changed=False,
        missing=[path for path in module.params["needed"] if not os.path.exists(path)],
        command=command(module.params["command"]),
        host_network=host_network.state(),
        restoring=restore_marker.read(module.params["records"]).get("set", ""),
        **kept.state(module.params["records"]),
        evidence=evidence(*(module.params[name] for name in ("evidence", "secret", "since"))),
        **found,
    )


if __name__ == "__main__":
    main()
