#!/usr/bin/python
# Copyright: ansible-airflow contributors
# SPDX-License-Identifier: Apache-2.0
"""Documentation of the action plugin airflow_wait_healthy, which does the work on the controller."""

from __future__ import annotations

DOCUMENTATION = r"""
module: airflow_wait_healthy
short_description: Wait until the services of a compose project are healthy
description:
  - Prints which services it waits for, and in which state they are, each time that changes.
  - When the time is up it fails with the last health check and the end of the log of each service.
requirements:
  - docker on the host, the command line client
options:
  project:
    description: Name of the compose project.
    type: str
    required: true
  services:
    description: Names of the services to wait for. A service without a health check needs to be running.
    type: list
    elements: str
    required: true
  timeout:
    description: Seconds to wait.
    type: int
    required: true
author: ansible-airflow maintainers (@ansible-airflow)
attributes:
  action:
    support: full
    description: Runs on the controller and calls docker on the host.
  check_mode:
    support: full
    description: Looks, but does not wait.
"""

EXAMPLES = r"""
- name: Wait for the database
  ansible_airflow.airflow.airflow_wait_healthy:
    project: airflow
    services: [postgres]
    timeout: 120

- name: Wait for two services, and use the address of one
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
  description: Seconds that it waited.
  type: int
  returned: success
  sample: 12
addresses:
  description: IP addresses of the project's containers, by service, by network.
  type: dict
  returned: success
  sample:
    postgres:
      airflow: 172.18.0.2
"""
