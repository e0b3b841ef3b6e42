# Copyright: ansible-airflow contributors
# SPDX-License-Identifier: Apache-2.0
"""Shared documentation of the modules that run the migrations of an upgrade."""

from __future__ import annotations


class ModuleDocFragment:
    """The option of STEP in module_utils/upgrade/migration.py."""

    DOCUMENTATION = r"""
options:
  steps:
    description: The migrations, in order, as the filter P(ansible_airflow.airflow.airflow_upgrade#filter) returns them.
    type: list
    elements: dict
    default: []
    suboptions:
      release:
        description: The release of Airflow.
        type: str
        required: true
      image:
        description: Its image. It must be on the host.
        type: str
        required: true
      command:
        description: Shell command in a container of this image that migrates the database.
        type: str
        required: true
      environment:
        description: Environment variables of this container.
        type: dict
        default: {}
      revision:
        description: Revision that the database has afterwards.
        type: str
        required: true
      cleans:
        description: Whether this step deletes old history, so that fewer rows are migrated.
        type: bool
        default: false
"""
