#!/usr/bin/python
# Copyright: ansible-airflow contributors
# SPDX-License-Identifier: Apache-2.0
"""Ansible module: tell the state of a running Airflow."""

from __future__ import annotations

DOCUMENTATION = r"""
module: airflow_info
short_description: Tell the state of a running Airflow
description:
  - Asks a running Airflow about itself, in one start of Airflow in one of its containers on the host.
  - Reads Airflow's database and asks its workers. Reads no DAG file and no secret, and changes nothing.
options:
  subset:
    description:
      - What to ask for. V(version) is the release of Airflow.
      - V(import_errors) are the DAG files that Airflow could not import, V(dags) the DAGs that it found.
      - V(jobs) are the schedulers, triggerers and DAG processors, with the age of their last sign of life.
      - V(workers) are the Celery workers that answer, V(connections) ids and types of the connections.
      - V(variables) are keys and descriptions of the variables, V(pools) the pools with their free slots.
      - V(users) are the users with their roles, without their passwords' hashes.
    type: list
    elements: str
    choices: [version, import_errors, jobs, workers, dags, connections, variables, pools, users]
    default: [version, import_errors, jobs, workers, dags, connections, variables, pools, users]
  worker_timeout:
    description: Seconds that workers get to answer. All of them pass unless O(worker_count) says how many there are.
    type: float
    default: 3
  worker_count:
    description: How many workers there should be; when so many have answered, no more are waited for. 0 for unknown.
    type: int
    default: 0
extends_documentation_fragment: [ansible_airflow.airflow.airflow_container]
attributes:
  check_mode:
    support: full
    description: The same as outside of it, but where no Airflow runs it warns instead of failing.
  diff_mode:
    support: none
    description: Nothing changes.
seealso:
  - module: ansible_airflow.airflow.airflow_connections
  - module: ansible_airflow.airflow.airflow_variables
  - module: ansible_airflow.airflow.airflow_pools
  - module: ansible_airflow.airflow.airflow_users
author: ansible-airflow maintainers (@ansible-airflow)
"""

EXAMPLES = r"""
- name: Look at everything
  ansible_airflow.airflow.airflow_info:
  register: airflow

- name: Stop where a DAG file cannot be imported
  ansible.builtin.assert:
    that: airflow.import_errors | length == 0
    fail_msg: "{{ airflow.import_errors | map(attribute='file') | join(', ') }}"

- name: List the DAGs, pools and variables
  ansible_airflow.airflow.airflow_info:
    subset: [dags, pools, variables]
  register: airflow

- name: Wait until a scheduler is alive and a worker answers
  ansible_airflow.airflow.airflow_info:
    subset: [jobs, workers]
  register: airflow
  until: airflow.workers and airflow.jobs | selectattr('alive') | map(attribute='job_type') is contains 'SchedulerJob'
  retries: 10
  delay: 5
"""

RETURN = r"""
running:
  description: Whether a container of Airflow runs. False only in check mode, where nothing else is returned then.
  type: bool
  returned: success
  sample: true
container:
  description: Name of the container that was used.
  type: str
  returned: when one runs
  sample: airflow-scheduler-1
version:
  description: Release of Airflow.
  type: str
  returned: when asked for
  sample: 2.5.3
import_errors:
  description: DAG files that Airflow could not import.
  type: list
  elements: dict
  returned: when asked for
  sample:
    - file: /opt/airflow/dags/news.py
      error: "ModuleNotFoundError: No module named 'feedparser'"
      stacktrace: Traceback (most recent call last) and so on
      found: "2023-04-05T06:07:08.910111+00:00"
jobs:
  description: The latest job of each scheduler, triggerer and DAG processor there ever was, by type and host name.
  type: list
  elements: dict
  returned: when asked for
  contains:
    job_type:
      description: C(SchedulerJob), C(TriggererJob) or C(DagProcessorJob).
      type: str
      sample: SchedulerJob
    hostname:
      description: Name of the container or host, as Airflow records it.
      type: str
      sample: scheduler-server1
    alive:
      description: Whether it says that it runs, and its heartbeat is younger than the scheduler's health threshold.
      type: bool
      sample: true
    heartbeat_age:
      description: Seconds since its last heartbeat.
      type: float
      sample: 2.5
workers:
  description: Celery workers that answered. Empty for an executor without workers.
  type: list
  elements: dict
  returned: when asked for
  sample:
    - name: celery@worker-1
      queues: [default]
dags:
  description: DAGs that Airflow found.
  type: list
  elements: dict
  returned: when asked for
  sample:
    - dag_id: news_fetcher
      paused: false
      file: /opt/airflow/dags/news_fetcher.py
      has_import_errors: false
      parsed: "2023-04-05T06:07:08.910111+00:00"
      next_run: "2023-04-05T07:00:00+00:00"
connections:
  description: Ids and types of the connections.
  type: list
  elements: dict
  returned: when asked for
  sample:
    - conn_id: postgres_default
      conn_type: postgres
variables:
  description: Keys and descriptions of the variables.
  type: list
  elements: dict
  returned: when asked for
  sample:
    - key: news_language
      description: Language of the reports
pools:
  description: The pools. Releases of Airflow from 2.7 on add C(include_deferred).
  type: list
  elements: dict
  returned: when asked for
  contains:
    name:
      description: Name of the pool.
      type: str
      sample: news_api
    slots:
      description: How many slots it has, V(-1) for no limit.
      type: int
      sample: 2
    description:
      description: What it is for.
      type: str
      sample: No more than two requests at a time
    occupied_slots:
      description: How many of them running and queued tasks take.
      type: int
      sample: 1
    open_slots:
      description: How many are left, below zero if the pool became smaller than that, null without a limit.
      type: int
      sample: 1
users:
  description: The users of the web UI and the API.
  type: list
  elements: dict
  returned: when asked for
  sample:
    - username: jane
      email: jane@example.com
      firstname: Jane
      lastname: Doe
      active: true
      roles: [Op]
"""

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.containers.airflow import (
    CONTAINER_OPTIONS,
    InsideError,
    NotRunningError,
    find_container,
)
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.containers.info import ask

SUBSETS = ["version", "import_errors", "jobs", "workers", "dags", "connections", "variables", "pools", "users"]

ARGUMENTS = {
    "subset": {"type": "list", "elements": "str", "choices": SUBSETS, "default": SUBSETS},
    "worker_timeout": {"type": "float", "default": 3},
    "worker_count": {"type": "int", "default": 0},
    **CONTAINER_OPTIONS,
}


def main() -> None:
    """Run the module."""
    module = AnsibleModule(argument_spec=ARGUMENTS, supports_check_mode=True)
    docker = module.get_bin_path("docker")
    try:
        container = find_container(module.run_command, docker, module.params)
    except NotRunningError as error:
        if not module.check_mode:
            module.fail_json(msg=str(error))
        module.warn(f"Nothing can be told yet: {error}")
        module.exit_json(changed=False, running=False)
    try:
        found, reasons = ask(module.run_command, docker, container, module.params)
    except InsideError as error:
        module.fail_json(msg=str(error), **error.reports.get("info", {}))
    answers = {"container": container, "running": True, **found}
    if reasons:
        module.fail_json(msg=f"container {container}: {' '.join(reasons)}", **answers)
    module.exit_json(changed=False, **answers)


if __name__ == "__main__":
    main()
