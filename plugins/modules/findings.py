#!/usr/bin/python
# Copyright: ansible-airflow contributors
# SPDX-License-Identifier: Apache-2.0
"""Documentation of the action plugin plugins/action/findings.py."""

from __future__ import annotations

DOCUMENTATION = r"""
module: findings
short_description: Refuse to go on after findings of preflight
description:
  - Fails with one line for each finding, which names the host, the variable, where the inventory sets it, and the id of
    the finding. Ids in the variable C(airflow_findings_accepted) of a host only give a warning.
  - If several checks run before anything is changed, each keeps its findings, and a task after them reports those of
    all hosts at once.
requirements:
  - ansible-core >= 2.19, which knows where a variable is set
options:
  spec:
    description:
      - The C(options) of a role's entry point. Variables of the host that cannot be rendered, or that have another
        type, are findings, too.
    type: dict
    default: {}
  found:
    description:
      - Findings of this host, as the filters of this collection return them. If there are none, and O(keep=false),
        those that tasks of all hosts of the play have kept are reported.
    type: list
    elements: dict
    default: []
  keep:
    description: >-
      Whether to keep the findings instead of reporting them. The task must then register its result as
      C(airflow_findings), where those of earlier tasks are.
    type: bool
    default: false
  late:
    description: Whether the run may already have changed something, so that the message must not say otherwise.
    type: bool
    default: false
author: ansible-airflow maintainers (@ansible-airflow)
attributes:
  action:
    support: full
    description: Runs on the controller.
  check_mode:
    support: full
    description: Does the same.
"""

EXAMPLES = r"""
- name: Refuse invalid projects
  ansible_airflow.airflow.findings:
    found: "{{ projects_list | ansible_airflow.airflow.projects_problems(projects_directory, sources) }}"

- name: Keep what is wrong with them
  ansible_airflow.airflow.findings:
    found: "{{ projects_list | ansible_airflow.airflow.projects_problems(projects_directory, sources) }}"
    keep: true
  register: airflow_findings

- name: Report what the tasks before have found on all hosts
  ansible_airflow.airflow.findings:
  run_once: true
  register: airflow_findings
"""

RETURN = r"""
found:
  description: The findings of the host that have been kept and not been reported.
  type: list
  elements: dict
  returned: success
  sample: []
"""
