#!/usr/bin/python
# Copyright: ansible-airflow contributors
# SPDX-License-Identifier: Apache-2.0
"""Ansible module: report the state of a running Airflow."""

from __future__ import annotations

DOCUMENTATION = r"""
module: airflow_info
short_description: Report the state of a running Airflow
description:
  - Starts Airflow once, in one of its running containers on the host, and queries it.
  - Reads Airflow's database and queries its workers. Reads no DAG files and no secrets, and changes nothing.
options:
  subset:
    description:
      - What to report. V(version) is the release of Airflow.
      - V(import_errors) are the DAG files that Airflow could not import, V(dags) the DAGs that it found.
      - V(jobs) are the schedulers, triggerers and DAG processors, with the age of their last heartbeat.
      - V(workers) are the Celery workers that answer, V(connections) the ids and types of the connections.
      - V(variables) are the keys and descriptions of the variables, V(pools) the pools with their free slots.
      - V(users) are the users with their roles, without password hashes.
    type: list
    elements: str
    choices: [version, import_errors, jobs, workers, dags, connections, variables, pools, users]
    default: [version, import_errors, jobs, workers, dags, connections, variables, pools, users]
  worker_timeout:
    description: Seconds to wait for the answers of workers. The whole time passes unless O(worker_count) is set.
    type: float
    default: 3
  worker_count:
    description: Number of expected workers. The wait ends when that many have answered. V(0) means unknown.
    type: int
    default: 0
extends_documentation_fragment: [ansible_airflow.airflow.airflow_container]
attributes:
  check_mode:
    support: full
    description: Does the same as a normal run, but warns instead of failing if no Airflow runs.
  diff_mode:
    support: none
    description: Changes nothing.
seealso:
  - module: ansible_airflow.airflow.airflow_connections
  - module: ansible_airflow.airflow.airflow_variables
  - module: ansible_airflow.airflow.airflow_pools
  - module: ansible_airflow.airflow.airflow_users
author: ansible-airflow maintainers (@ansible-airflow)
"""

EXAMPLES = r"""
- name: Report everything
  ansible_airflow.airflow.airflow_info:
  register: airflow

- name: Fail if a DAG file cannot be imported
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
  description: Whether a container of Airflow runs. V(false) only in check mode; nothing else is returned then.
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
      stacktrace: "Traceback (most recent call last): ..."
      found: "2023-04-05T06:07:08.910111+00:00"
jobs:
  description: The latest job of every scheduler, triggerer and DAG processor that ever ran, by type and host name.
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
      description: Whether its state is running and its heartbeat is younger than the health threshold of its type.
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
      description: Number of slots. V(-1) means no limit.
      type: int
      sample: 2
    description:
      description: Purpose of the pool.
      type: str
      sample: No more than two requests at a time
    occupied_slots:
      description: Number of slots that running and queued tasks occupy.
      type: int
      sample: 1
    open_slots:
      description: Number of free slots. Negative if fewer slots exist than are occupied, null without a limit.
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
        module.warn(f"The state of Airflow is unknown: {error}")
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
