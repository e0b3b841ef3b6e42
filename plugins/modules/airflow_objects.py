#!/usr/bin/python
# Copyright: ansible-airflow contributors
# SPDX-License-Identifier: Apache-2.0
"""Ansible module: manage several kinds of Airflow's objects with the same starts of Airflow."""

from __future__ import annotations

DOCUMENTATION = r"""
module: airflow_objects
short_description: Manage Airflow's connections, variables, pools, roles and users together
description:
  - Does the work of the modules for the single kinds, such as M(ansible_airflow.airflow.airflow_connections). Starts
    Airflow once if nothing has to change and twice otherwise, for all kinds together.
  - Each option takes the options of the module for that kind, except those that select the container. A kind that is
    not given is left unchanged.
  - If an entry of any kind is refused, nothing is changed.
options:
  connections:
    description: Options of M(ansible_airflow.airflow.airflow_connections).
    type: dict
  variables:
    description: Options of M(ansible_airflow.airflow.airflow_variables).
    type: dict
  pools:
    description: Options of M(ansible_airflow.airflow.airflow_pools).
    type: dict
  roles:
    description: Options of M(ansible_airflow.airflow.airflow_roles). Users may have roles that the same run creates.
    type: dict
  users:
    description: Options of M(ansible_airflow.airflow.airflow_users).
    type: dict
extends_documentation_fragment: [ansible_airflow.airflow.airflow_container, ansible_airflow.airflow.airflow_manage]
author: ansible-airflow maintainers (@ansible-airflow)
"""

EXAMPLES = r"""
- name: Delete connections and variables that are not listed, and keep pools that are not listed
  ansible_airflow.airflow.airflow_objects:
    connections:
      connections: "{{ airflow_connections }}"
      purge: true
    variables:
      variables: "{{ airflow_variables }}"
      purge: true
    pools:
      pools: "{{ airflow_pools }}"

- name: Create one connection and one pool, and keep all others
  ansible_airflow.airflow.airflow_objects:
    connections:
      connections:
        - conn_id: feeds_api
          conn_type: http
          host: api.example.com
    pools:
      pools:
        - name: news_api
          slots: 2

- name: Show what a purge would delete
  ansible_airflow.airflow.airflow_objects:
    connections:
      connections: "{{ airflow_connections }}"
      purge: true
      purge_exclude: ["research_*"]
  check_mode: true
  diff: true
"""

RETURN = r"""
connections:
  description: Ids of the connections that were created, updated and deleted, and of those that needed no change.
  type: dict
  returned: when given
  sample:
    created: [feeds_api]
    updated: []
    deleted: []
    unchanged: [postgres_default]
variables:
  description: The same for the variables, with their keys.
  type: dict
  returned: when given
  sample:
    created: [news_language]
    updated: []
    deleted: []
    unchanged: [answer]
pools:
  description: The same for the pools, with their names.
  type: dict
  returned: when given
  sample:
    created: [news_api]
    updated: []
    deleted: []
    unchanged: [default_pool]
roles:
  description: The same for the roles, with their names.
  type: dict
  returned: when given
  sample:
    created: [Analysts]
    updated: []
    deleted: []
    unchanged: []
users:
  description: The same for the users, with their usernames.
  type: dict
  returned: when given
  sample:
    created: [jane]
    updated: []
    deleted: []
    unchanged: [admin]
container:
  description: Name of the container that was used. Null if none was needed or, in check mode, none runs.
  type: str
  returned: always
  sample: airflow-scheduler-1
starts:
  description: How many times Airflow was started.
  type: int
  returned: always
  sample: 2
failed_objects:
  description: What is wrong with each object that is not as listed after the run, by kind and name. Contains no values.
  type: dict
  returned: when objects are not as listed after the run
  sample:
    connections:
      feeds_api: "does not exist (StringDataRightTruncation: value too long for type character varying(500))"
problems:
  description: One sentence for each problem with the options.
  type: list
  elements: str
  returned: when the options are refused
  sample: ["pools, 'news_api': slots is missing; write a number from 0 to 2147483647, or -1 for no limit."]
"""

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.containers.airflow import CONTAINER_OPTIONS
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.objects.kinds import KINDS
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.objects.manage import manage_all

# no_log for a whole kind: see Kind.arguments.
ARGUMENTS = {**{kind.option: {"type": "dict", "no_log": True} for kind in KINDS}, **CONTAINER_OPTIONS}


def main() -> None:
    """Run the module."""
    manage_all(AnsibleModule(argument_spec=ARGUMENTS, supports_check_mode=True), KINDS)


if __name__ == "__main__":
    main()
