#!/usr/bin/python
# Copyright: ansible-airflow contributors
# SPDX-License-Identifier: Apache-2.0
"""Ansible module: manage all kinds of Airflow's objects in the same starts of Airflow."""

from __future__ import annotations

DOCUMENTATION = r"""
module: airflow_objects
short_description: Manage all kinds of Airflow's objects at once
description:
  - Does what M(ansible_airflow.airflow.airflow_connections) does, and the other kinds' modules, in one start of
    Airflow when there is nothing to do and two when there is.
  - Each option takes the options of the module of that kind, but for those that say how to find the container. A kind
    that is not given is left alone.
  - Nothing is changed if what is listed of any kind cannot be.
options:
  connections:
    description: The options of M(ansible_airflow.airflow.airflow_connections).
    type: dict
  variables:
    description: The options of M(ansible_airflow.airflow.airflow_variables).
    type: dict
  pools:
    description: The options of M(ansible_airflow.airflow.airflow_pools).
    type: dict
  users:
    description: The options of M(ansible_airflow.airflow.airflow_users).
    type: dict
extends_documentation_fragment: [ansible_airflow.airflow.airflow_container, ansible_airflow.airflow.airflow_manage]
author: ansible-airflow maintainers (@ansible-airflow)
"""

EXAMPLES = r"""
- name: Let the lists be all connections and variables that Airflow holds, and leave pools that are not listed
  ansible_airflow.airflow.airflow_objects:
    connections:
      connections: "{{ airflow_connections }}"
      purge: true
    variables:
      variables: "{{ airflow_variables }}"
      purge: true
    pools:
      pools: "{{ airflow_pools }}"

- name: Create one connection and one pool, and leave all others
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
  description: Names of the connections that were created, updated and deleted, and of those that needed no change.
  type: dict
  returned: when given
  sample:
    created: [feeds_api]
    updated: []
    deleted: []
    unchanged: [postgres_default]
variables:
  description: The same of the variables, by key.
  type: dict
  returned: when given
  sample:
    created: [news_language]
    updated: []
    deleted: []
    unchanged: [answer]
pools:
  description: The same of the pools, by name.
  type: dict
  returned: when given
  sample:
    created: [news_api]
    updated: []
    deleted: []
    unchanged: [default_pool]
users:
  description: The same of the users, by username.
  type: dict
  returned: when given
  sample:
    created: [jane]
    updated: []
    deleted: []
    unchanged: [admin]
container:
  description: Name of the container that was used, none if none was needed or, in check mode, there is none.
  type: str
  returned: always
  sample: airflow-scheduler-1
starts:
  description: How many times Airflow was started.
  type: int
  returned: always
  sample: 2
failed_objects:
  description: What is wrong with objects after the run, by kind and name, without values.
  type: dict
  returned: when Airflow refused some
  sample:
    connections:
      feeds_api: "does not exist (StringDataRightTruncation: value too long for type character varying(500))"
problems:
  description: What is wrong with the options, a sentence each.
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
