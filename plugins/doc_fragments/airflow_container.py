# Copyright: ansible-airflow contributors
# SPDX-License-Identifier: Apache-2.0
"""Shared documentation of the modules that run Airflow in one of its containers."""

from __future__ import annotations


class ModuleDocFragment:
    """The options of CONTAINER_OPTIONS in module_utils/containers/airflow.py."""

    DOCUMENTATION = r"""
options:
  project:
    description: Name of Airflow's compose project.
    type: str
    default: airflow
  services:
    description: Compose services whose containers contain Airflow. The first running one is used.
    type: list
    elements: str
    default: [scheduler, dag-processor, webserver, worker, triggerer, execution-api]
  container:
    description: Name of a container to use instead of O(project) and O(services).
    type: str
  timeout:
    description: Timeout in seconds for one start of Airflow.
    type: int
    default: 120
requirements:
  - python >= 3.9 on the host
  - docker command line client on the host, and a user with access to the engine
"""
