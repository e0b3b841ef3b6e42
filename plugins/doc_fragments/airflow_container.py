# Copyright: ansible-airflow contributors
# SPDX-License-Identifier: Apache-2.0
"""Documentation that the modules share which reach Airflow in one of its containers."""

from __future__ import annotations


class ModuleDocFragment:
    """The options of airflow_container.CONTAINER_OPTIONS."""

    DOCUMENTATION = r"""
options:
  project:
    description: Name of the compose project that Airflow runs in.
    type: str
    default: airflow
  services:
    description: Compose services that hold Airflow. The first one that runs is used.
    type: list
    elements: str
    default: [scheduler, dag-processor, webserver, worker, triggerer, execution-api]
  container:
    description: Name of a container to use instead of O(project) and O(services).
    type: str
  timeout:
    description: Seconds that one start of Airflow may take.
    type: int
    default: 120
requirements:
  - python >= 3.9 on the host
  - docker on the host, the command line client, and a user with access to the engine
"""
