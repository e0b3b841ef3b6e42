#!/usr/bin/python
# Copyright: ansible-airflow contributors
# SPDX-License-Identifier: Apache-2.0
"""Ansible module: manage Airflow's pools."""

from __future__ import annotations

DOCUMENTATION = r"""
module: airflow_pools
short_description: Manage Airflow's pools
description:
  - Makes the pools that Airflow holds in its database equal to a list.
  - A listed pool is the whole truth about it. A description that is not listed is emptied.
  - A pool that differs is changed in one transaction, and keeps the tasks that are in it.
options:
  pools:
    description: The pools.
    type: list
    elements: dict
    required: true
    suboptions:
      name:
        description: Name of the pool, of 1 to 256 characters, not only spaces.
        type: str
        required: true
      state:
        description:
          - Whether the pool shall exist. When it shall not, its other options are ignored.
          - A task that runs in a pool while it is deleted runs on. One that has not started yet does not start, without
            an error, until a pool of that name exists again.
          - V(default_pool) cannot be V(absent).
        type: str
        choices: [present, absent]
        default: present
      slots:
        description:
          - How many slots the pool has, V(-1) for no limit, V(0) to start nothing new. Required for a present pool.
          - Less than what runs in it stops nothing.
        type: int
      description:
        description: What the pool is for.
        type: str
      include_deferred:
        description:
          - Whether deferred tasks take slots too. For releases of Airflow from 2.7 on; an older one refuses V(true).
        type: bool
        default: false
  purge:
    description: Whether to delete pools that are not listed. V(default_pool) stays.
    type: bool
    default: false
  purge_exclude:
    description: Names that O(purge) leaves alone, as shell patterns such as V(team_*).
    type: list
    elements: str
    default: []
extends_documentation_fragment: [ansible_airflow.airflow.airflow_container, ansible_airflow.airflow.airflow_manage]
author: ansible-airflow maintainers (@ansible-airflow)
"""

EXAMPLES = r"""
- name: Keep two pools as they should be
  ansible_airflow.airflow.airflow_pools:
    pools:
      - name: default_pool
        slots: 32
      - name: news_api
        slots: 2
        description: No more than two requests at a time

- name: Remove one
  ansible_airflow.airflow.airflow_pools:
    pools:
      - name: news_api
        state: absent

- name: Let the list be all that Airflow holds, besides default_pool and those of a team of their own
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
  description: Names of the pools that were changed because they differed.
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
  description: Names that are listed and needed no change.
  type: list
  elements: str
  returned: always, unless the options were refused
  sample: [research_gpu]
container:
  description: Name of the container that was used, none if none was needed or, in check mode, there is none.
  type: str
  returned: always, unless the options were refused
  sample: airflow-scheduler-1
starts:
  description: How many times Airflow was started.
  type: int
  returned: always, unless the options were refused
  sample: 2
failed_objects:
  description: What is wrong with pools after the run, by name.
  type: dict
  returned: when Airflow refused some
  sample:
    news_api: "does not exist (RaiseException: not this one)"
problems:
  description: What is wrong with the options, a sentence each.
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
