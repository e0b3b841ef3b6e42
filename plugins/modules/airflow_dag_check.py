#!/usr/bin/python
# Copyright: ansible-airflow contributors
# SPDX-License-Identifier: Apache-2.0
"""Ansible module: check a release of the DAG tree before Airflow reads it."""

from __future__ import annotations

DOCUMENTATION = r"""
module: airflow_dag_check
short_description: Check a release of the DAG tree before Airflow reads it
description:
  - Parses each DAG file as the release's own DAG processor does, in a container that has the image and the
    configuration of the stack and is gone afterwards, each file in a process of its own with a time limit. Variables
    and connections that a file reads come from the stack's database; nothing is written to it. Then checks what is in
    the files against the policy that docs/dag_authors.md lists.
  - Fails with one line for each finding, C(FILE:LINE DAG TASK [RULE] SENTENCE). Changes nothing.
requirements:
  - python >= 3.9 on the host
  - docker on the host, with the compose plugin
options:
  compose_file:
    description: The stack's compose file. The directory it lies in is taken for the stack's own.
    type: path
    default: /usr/local/projects/airflow/compose.yml
  folder:
    description: Directory with the release, as the containers of the stack see it.
    type: str
    required: true
  plugins_folder:
    description:
      - Directory with the plugins to load the files with, as the containers of the stack see it. By default theirs.
    type: str
    default: ''
  policy:
    description: Whether rules count that can be switched off. V(false) asks only whether everything can be loaded.
    type: bool
    default: true
  services:
    description: Services whose image and configuration are used, the first that the compose file has.
    type: list
    elements: str
    default: [cli, scheduler, dag-processor, webserver, worker, triggerer, execution-api]
  file_timeout:
    description: Seconds that one file gets to load.
    type: float
    default: 30
  slow_seconds:
    description: Seconds that a file may take to load before the rule C(slow-import) finds it.
    type: float
    default: 5
  skip:
    description: Ids of rules that are switched off.
    type: list
    elements: str
    default: []
  projects_directory:
    description: Directory on the host whose content tasks may mount.
    type: path
    default: /usr/local/projects
  connections:
    description: Ids of connections that the inventory defines; in check mode they may not be in Airflow yet.
    type: list
    elements: str
    default: []
  variables:
    description: Keys of variables that the inventory defines; in check mode they may not be in Airflow yet.
    type: list
    elements: str
    default: []
  pools:
    description: Names of pools that the inventory defines; in check mode they may not be in Airflow yet.
    type: list
    elements: str
    default: []
  queues:
    description: Celery queues from which some worker takes tasks. Without it the rule C(unknown-queue) is not checked.
    type: list
    elements: str
  docker_socket:
    description: Socket of the host's Docker engine.
    type: path
    default: /var/run/docker.sock
  jobs:
    description: How many files are loaded at a time, V(0) for one a core.
    type: int
    default: 0
  timeout:
    description: Seconds after which the check ends itself.
    type: int
    default: 900
attributes:
  check_mode:
    support: full
    description:
      - The same as outside of it, but where there is no stack or no release yet it says that nothing could be checked.
  diff_mode:
    support: none
    description: Nothing changes.
author: ansible-airflow maintainers (@ansible-airflow)
seealso:
  - module: ansible_airflow.airflow.airflow_tree_receive
  - module: ansible_airflow.airflow.airflow_tree_switch
"""

EXAMPLES = r"""
- name: Check the release that was sent
  ansible_airflow.airflow.airflow_dag_check:
    folder: /opt/airflow/dags/releases/{{ sent.release }}
    connections: "{{ airflow_connections | map(attribute='conn_id') }}"

- name: Check, but let tasks mount what they want
  ansible_airflow.airflow.airflow_dag_check:
    folder: /opt/airflow/dags/releases/{{ sent.release }}
    skip: [mount-outside-projects]

- name: Check only that all files can be loaded
  ansible_airflow.airflow.airflow_dag_check:
    folder: /opt/airflow/dags/releases/{{ sent.release }}
    policy: false
"""

RETURN = r"""
checked:
  description: Whether anything could be checked. False only in check mode.
  type: bool
  returned: always
  sample: true
findings:
  description: What is against the rules, in order of files and lines.
  type: list
  elements: dict
  returned: when checked
  sample:
    - rule: unknown-network
      file: news/fetch.py
      line: 12
      dag_id: news
      task_id: fetch
      text: network_mode 'new' is neither a mode of Docker's nor a network of the host, and so on
files:
  description: Number of DAG files.
  type: int
  returned: when checked
  sample: 12
seconds:
  description: Seconds that loading them all took, the start of Airflow included.
  type: float
  returned: when checked
  sample: 4.2
slowest:
  description: The files that took longest, five at most.
  type: list
  elements: dict
  returned: when checked
  sample:
    - file: news/fetch.py
      seconds: 0.031
not_checked:
  description: Rules that could not be checked, or not for all, and why.
  type: list
  elements: dict
  returned: when checked
  sample:
    - rule: image-missing
      reason: "registry.example/news:1.0 needs a login: unauthorized"
"""

import time

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.containers.airflow import SERVICES, InsideError
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.containers.compose import ComposeError
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.dag_check import policy
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.dag_check.load import NothingThereError, load
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.dag_check.verdict import judge, summary, text

ARGUMENTS = {
    "compose_file": {"type": "path", "default": "/usr/local/projects/airflow/compose.yml"},
    "folder": {"type": "str", "required": True},
    "plugins_folder": {"type": "str", "default": ""},
    "policy": {"type": "bool", "default": True},
    "services": {"type": "list", "elements": "str", "default": ["cli", *SERVICES]},
    "file_timeout": {"type": "float", "default": 30},
    "slow_seconds": {"type": "float", "default": 5},
    "skip": {"type": "list", "elements": "str", "default": []},
    "projects_directory": {"type": "path", "default": "/usr/local/projects"},
    "connections": {"type": "list", "elements": "str", "default": []},
    "variables": {"type": "list", "elements": "str", "default": []},
    "pools": {"type": "list", "elements": "str", "default": []},
    "queues": {"type": "list", "elements": "str"},
    "docker_socket": {"type": "path", "default": "/var/run/docker.sock"},
    "jobs": {"type": "int", "default": 0},
    "timeout": {"type": "int", "default": 900},
}


def main() -> None:
    """Run the module."""
    module = AnsibleModule(argument_spec=ARGUMENTS, supports_check_mode=True)
    problems = policy.problems(module.params["skip"])
    if problems:
        module.fail_json(msg=" ".join(problems), checked=False)
    started = time.monotonic()
    try:
        definition, report = load(module.params, module.get_bin_path("docker"))
    except NothingThereError as error:
        leave = module.exit_json if module.check_mode else module.fail_json
        leave(msg=f"Nothing could be checked: {error}", checked=False)
    except ComposeError as error:
        module.fail_json(msg=f"Nothing could be checked: {error}", checked=False)
    except InsideError as error:
        done = len(error.reports.get("dags_check", {}).get("files", ()))
        module.fail_json(msg=f"The check came to no end, after {done} files: {error}", checked=False)
    seconds = round(time.monotonic() - started, 1)
    findings, not_checked = judge(module.params, definition, report, awaiting=module.check_mode)
    result = {"checked": True, "seconds": seconds, **summary(report, findings, not_checked)}
    if findings:
        module.fail_json(msg=text(findings), **result)
    module.exit_json(changed=False, **result)


if __name__ == "__main__":
    main()
