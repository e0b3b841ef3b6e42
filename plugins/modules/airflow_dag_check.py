#!/usr/bin/python
# Copyright: ansible-airflow contributors
# SPDX-License-Identifier: Apache-2.0
"""Ansible module: check a release of the DAG tree before Airflow reads it."""

from __future__ import annotations

DOCUMENTATION = r"""
module: airflow_dag_check
short_description: Check a release of the DAG tree before Airflow reads it
description:
  - Parses each DAG file as Airflow's DAG processor does, in a temporary container with the image and the configuration
    of the stack. Each file gets its own process with a timeout. Variables and connections that a file reads come from
    the stack's database; nothing is written to it.
  - Then checks the DAGs against the policy in docs/dag_authors.md.
  - Fails with one line for each finding, C(FILE:LINE DAG TASK [RULE] SENTENCE). Changes nothing.
requirements:
  - python >= 3.9 on the host
  - docker on the host, with the compose plugin
options:
  compose_file:
    description: Compose file of the stack. Its directory is taken as the directory of the stack.
    type: path
    default: /usr/local/projects/airflow/compose.yml
  folder:
    description: Directory of the release in the containers of the stack.
    type: str
    required: true
  plugins_folder:
    description:
      - Directory, in the containers of the stack, of the plugins to load. By default the plugins of the stack.
    type: str
    default: ''
  policy:
    description: Apply the optional rules (those that O(skip) can disable). V(false) checks only that all files load.
    type: bool
    default: true
  image:
    description:
      - Image of Airflow that loads the files, of a later release that the stack is to be upgraded to. It must be on the
        host. It reads variables and connections from the stack's database, which is not migrated yet. Objects that the
        inventory defines may be missing there. Without it, the image of the stack.
    type: str
    default: ""
  services:
    description: Services whose image and configuration may be used. The first one in the compose file is used.
    type: list
    elements: str
    default: [cli, scheduler, dag-processor, webserver, worker, triggerer, execution-api]
  file_timeout:
    description: Timeout in seconds for loading one file.
    type: float
    default: 30
  slow_seconds:
    description: Seconds that a file may take to load before the rule C(slow-import) reports it.
    type: float
    default: 5
  skip:
    description: Ids of rules to disable, or C(RULE:DAG) or C(RULE:PATTERN) to disable one for a DAG or for files.
    type: list
    elements: str
    default: []
  projects_directory:
    description: Directory on the host whose contents tasks may mount.
    type: path
    default: /usr/local/projects
  mount_prefixes:
    description: Further directories on the host that tasks may mount, with their contents.
    type: list
    elements: path
    default: []
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
    description: Celery queues that at least one worker serves. If not set, the rule C(unknown-queue) is not checked.
    type: list
    elements: str
  docker_socket:
    description: Socket of the host's Docker engine.
    type: path
    default: /var/run/docker.sock
  jobs:
    description: Number of files to load in parallel. V(0) means one per CPU core.
    type: int
    default: 0
  timeout:
    description: Timeout in seconds for the whole check.
    type: int
    default: 900
attributes:
  check_mode:
    support: full
    description:
      - Does the same as a normal run, but does not fail if there is no stack or no release yet.
  diff_mode:
    support: none
    description: Changes nothing.
author: ansible-airflow maintainers (@ansible-airflow)
seealso:
  - module: ansible_airflow.airflow.airflow_tree_receive
  - module: ansible_airflow.airflow.airflow_tree_switch
"""

EXAMPLES = r"""
- name: Check the uploaded release
  ansible_airflow.airflow.airflow_dag_check:
    folder: /opt/airflow/dags/releases/{{ sent.release }}
    connections: "{{ airflow_connections | map(attribute='conn_id') }}"

- name: Check without the rule that restricts mounts, and without another one for old files
  ansible_airflow.airflow.airflow_dag_check:
    folder: /opt/airflow/dags/releases/{{ sent.release }}
    skip: [mount-outside-projects, "unknown-pool:legacy/*.py"]

- name: Check only that all files can be loaded
  ansible_airflow.airflow.airflow_dag_check:
    folder: /opt/airflow/dags/releases/{{ sent.release }}
    policy: false
"""

RETURN = r"""
checked:
  description: Whether the files were checked. If not, the module fails, unless check mode finds no stack or no release.
  type: bool
  returned: always
  sample: true
findings:
  description: Violations of the rules, ordered by file and line.
  type: list
  elements: dict
  returned: when checked
  sample:
    - rule: unknown-network
      file: news/fetch.py
      line: 12
      dag_id: news
      task_id: fetch
      text: >-
        network_mode 'new' is neither a network mode of Docker nor a network of the host. Write
        os.environ["AIRFLOW_STACK_NETWORK"], or create the network.
warned:
  description: Violations that do not prevent the deployment, in the same form.
  type: list
  elements: dict
  returned: when checked
  sample: []
files:
  description: Number of DAG files.
  type: int
  returned: when checked
  sample: 12
seconds:
  description: Seconds that it took to load all files, including the start of Airflow.
  type: float
  returned: when checked
  sample: 4.2
slowest:
  description: The slowest files, at most five.
  type: list
  elements: dict
  returned: when checked
  sample:
    - file: news/fetch.py
      seconds: 0.031
not_checked:
  description: Rules that were not checked, or not for all tasks, with the reason.
  type: list
  elements: dict
  returned: when checked
  sample:
    - rule: image-missing
      reason: "registry.example/news:1.0 requires a login: unauthorized"
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
    "image": {"type": "str", "default": ""},
    "services": {"type": "list", "elements": "str", "default": ["cli", *SERVICES]},
    "file_timeout": {"type": "float", "default": 30},
    "slow_seconds": {"type": "float", "default": 5},
    "skip": {"type": "list", "elements": "str", "default": []},
    "projects_directory": {"type": "path", "default": "/usr/local/projects"},
    "mount_prefixes": {"type": "list", "elements": "path", "default": []},
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
        module.fail_json(msg=f"The check did not finish; {done} files were checked: {error}", checked=False)
    seconds = round(time.monotonic() - started, 1)
    awaiting = module.check_mode or bool(module.params["image"])
    findings, not_checked = judge(module.params, definition, report, awaiting=awaiting)
    result = {"checked": True, "seconds": seconds, **summary(report, findings, not_checked)}
    for finding in findings:
        if finding.warning:
            module.warn(str(finding))
    if errors := [finding for finding in findings if not finding.warning]:
        module.fail_json(msg=text(errors), **result)
    module.exit_json(changed=False, **result)


if __name__ == "__main__":
    main()
