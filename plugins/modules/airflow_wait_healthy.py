#!/usr/bin/python
# Copyright: ansible-airflow contributors
# SPDX-License-Identifier: Apache-2.0
"""Documentation of the action plugin plugins/action/airflow_wait_healthy.py."""

from __future__ import annotations

DOCUMENTATION = r"""
module: airflow_wait_healthy
short_description: Wait until the services of a compose project are healthy
description:
  - While it waits, it prints the services that are not healthy and their states, each time a state changes.
  - On a timeout it fails with the last health check and the end of the log of each unhealthy service.
requirements:
  - docker command line client on the host
options:
  project:
    description: Name of the compose project.
    type: str
    required: true
  services:
    description: Names of the services to wait for. Without a health check, running is enough.
    type: list
    elements: str
    required: true
  timeout:
    description: Timeout in seconds.
    type: int
    required: true
author: ansible-airflow maintainers (@ansible-airflow)
attributes:
  action:
    support: full
    description: Runs on the controller and calls docker on the host.
  check_mode:
    support: full
    description: Checks once and does not wait.
"""

EXAMPLES = r"""
- name: Wait for the database
  ansible_airflow.airflow.airflow_wait_healthy:
    project: airflow
    services: [postgres]
    timeout: 120

- name: Wait for two services, and register their addresses
  ansible_airflow.airflow.airflow_wait_healthy:
    project: airflow
    services: [postgres, redis]
    timeout: 120
  register: healthy

- name: Wait five minutes for all services of another project
  ansible_airflow.airflow.airflow_wait_healthy:
    project: airflow-test
    services: [scheduler, webserver, worker]
    timeout: 300
"""

RETURN = r"""
seconds:
  description: Seconds that the module waited.
  type: int
  returned: success
  sample: 12
addresses:
  description: IP addresses of the project's containers, by service and network.
  type: dict
  returned: success
  sample:
    postgres:
      airflow: 172.18.0.2
"""
