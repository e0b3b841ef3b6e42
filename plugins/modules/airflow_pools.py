#!/usr/bin/python
# Copyright: ansible-airflow contributors
# SPDX-License-Identifier: Apache-2.0
"""Ansible module: manage Airflow's pools."""

from __future__ import annotations

DOCUMENTATION = r"""
module: airflow_pools
short_description: Manage Airflow's pools
description:
  - Creates, updates and deletes pools in Airflow's database to match a list.
  - An entry defines its pool completely. A description that the entry does not set is emptied.
  - A pool that differs is updated in one transaction and keeps its tasks.
options:
  pools:
    description: The pools.
    type: list
    elements: dict
    required: true
    suboptions:
      name:
        description: Name of the pool, 1 to 256 characters, not only spaces.
        type: str
        required: true
      state:
        description:
          - V(present) creates or updates the pool. V(absent) deletes it and ignores its other options.
          - When a pool is deleted, its running tasks continue. Tasks that have not started wait, without an error,
            until a pool of that name exists again.
          - V(default_pool) cannot be V(absent).
        type: str
        choices: [present, absent]
        default: present
      slots:
        description:
          - Number of slots. V(-1) means no limit, V(0) starts no new tasks. Required for a present pool.
          - A number below the occupied slots does not stop running tasks.
        type: int
      description:
        description: Purpose of the pool.
        type: str
      include_deferred:
        description:
          - Count deferred tasks as occupying slots. Needs Airflow 2.7 or newer; older releases refuse V(true).
        type: bool
        default: false
  purge:
    description: Delete pools that are not listed, except V(default_pool).
    type: bool
    default: false
  purge_exclude:
    description: Names of pools that O(purge) keeps, as glob patterns such as V(team_*).
    type: list
    elements: str
    default: []
extends_documentation_fragment: [ansible_airflow.airflow.airflow_container, ansible_airflow.airflow.airflow_manage]
author: ansible-airflow maintainers (@ansible-airflow)
"""

EXAMPLES = r"""
- name: Create or update two pools
  ansible_airflow.airflow.airflow_pools:
    pools:
      - name: default_pool
        slots: 32
      - name: news_api
        slots: 2
        description: No more than two requests at a time

- name: Delete a pool
  ansible_airflow.airflow.airflow_pools:
    pools:
      - name: news_api
        state: absent

- name: Delete all pools that are not listed, except default_pool and those of another team
  ansible_airflow.airflow.airflow_pools:
    pools: "{{ airflow_pools }}"
    purge: true
    purge_exclude: ["research_*"]
"""

RETURN = r"""
created:
  description: Names of the pools that were created.
  type: list
  elements: str
  returned: always, unless the options were refused
  sample: [news_api]
updated:
  description: Names of the pools that were updated because they differed.
  type: list
  elements: str
  returned: always, unless the options were refused
  sample: [default_pool]
deleted:
  description: Names of the pools that were deleted.
  type: list
  elements: str
  returned: always, unless the options were refused
  sample: [old_pool]
unchanged:
  description: Names of the listed pools that needed no change.
  type: list
  elements: str
  returned: always, unless the options were refused
  sample: [research_gpu]
container:
  description: Name of the container that was used. Null if none was needed or, in check mode, none runs.
  type: str
  returned: always, unless the options were refused
  sample: airflow-scheduler-1
starts:
  description: How many times Airflow was started.
  type: int
  returned: always, unless the options were refused
  sample: 2
failed_objects:
  description: What is wrong with each pool that is not as listed after the run, by name.
  type: dict
  returned: when pools are not as listed after the run
  sample:
    news_api: "does not exist (RaiseException: not this one)"
problems:
  description: One sentence for each problem with the options.
  type: list
  elements: str
  returned: when the options are refused
  sample: ["pools, 'news_api': slots is missing; write a number from 0 to 2147483647, or -1 for no limit."]
"""

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.containers.airflow import CONTAINER_OPTIONS
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.objects.manage import manage
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.objects.pools import PoolKind

ARGUMENTS = {**PoolKind.arguments, **CONTAINER_OPTIONS}


def main() -> None:
    """Run the module."""
    manage(AnsibleModule(argument_spec=ARGUMENTS, supports_check_mode=True), PoolKind())


if __name__ == "__main__":
    main()
