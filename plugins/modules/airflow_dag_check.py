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

import os
import time
from typing import Any

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.containers.airflow import SERVICES, InsideError
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.containers.compose import (
    Compose,
    ComposeError,
    run_within,
)
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.dag_check import policy
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.dag_check.host_facts import gather
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.dag_check.parse import parse_files
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.dag_check.rules import OPTIONAL

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
# Seconds that compose gets to start and remove the container.
AROUND = 120


class NothingThereError(Exception):
    """There is no stack or no release yet."""


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
    skip = module.params["skip"] if module.params["policy"] else OPTIONAL
    context, partly = gather(module.params, definition, report) if module.params["policy"] else ({}, [])
    findings, unknown = policy.check(report, context, skip)
    if module.check_mode:
        # What a real run seeds before it comes here.
        names = {*module.params["variables"], *module.params["connections"]}
        findings, awaited = policy.without_awaited(findings, names)
        partly = [*partly, *awaited]
    slowest = sorted(report["files"], key=lambda file: -file["seconds"])[:5]
    result = {
        "checked": True,
        "findings": [finding.fields() for finding in findings],
        "files": len(report["files"]),
        "seconds": seconds,
        "slowest": [{name: file[name] for name in ("file", "seconds")} for file in slowest],
        "not_checked": [{"rule": rule, "reason": reason} for rule, reason in (*unknown.items(), *partly)],
    }
    if findings:
        module.fail_json(msg="\n".join([headline(len(findings)), *map(str, findings)]), **result)
    module.exit_json(changed=False, **result)


def headline(count: int) -> str:
    """Return the line above the findings."""
    found = "1 finding" if count == 1 else f"{count} findings"
    return f"{found}, so Airflow does not get this release; docs/dag_authors.md lists the rules:"


def load(options: dict[str, Any], docker: str | None) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return the compose definition, and what came of loading the files.

    :raises NothingThereError: if there is no stack or no release
    :raises ComposeError: if compose refuses
    :raises InsideError: if the container could not load files
    """
    if not docker or not os.path.exists(options["compose_file"]):
        raise NothingThereError(f"there is no stack yet ({options['compose_file']}).")
    compose = Compose(docker, options["compose_file"])
    definition = compose.definition()
    service = next((name for name in options["services"] if name in definition["services"]), None)
    if service is None:
        raise ComposeError(f"{options['compose_file']} has none of the services {', '.join(options['services'])}.")

    def run(argv: list[str], data: str, **_: Any) -> tuple[int, str, str]:
        return run_within(argv, options["timeout"] + AROUND, data)

    environment = {"AIRFLOW__CORE__DAGS_FOLDER": options["folder"]}
    if options["plugins_folder"]:
        environment["AIRFLOW__CORE__PLUGINS_FOLDER"] = options["plugins_folder"]
    with compose.throwaway(service, environment) as start:
        report = parse_files(
            run,
            [*start, "python"],
            f"a container of service {service}",
            timeout=options["timeout"],
            folder=options["folder"],
            limit=options["file_timeout"],
            jobs=options["jobs"],
            database=options["policy"],
            plugins=bool(options["plugins_folder"]),
        )
    if not report["exists"]:
        folders = " or ".join(filter(None, [options["folder"], options["plugins_folder"]]))
        raise NothingThereError(f"there is no folder {folders} in the containers of the stack.")
    return definition, report


if __name__ == "__main__":
    main()
