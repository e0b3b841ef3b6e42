#!/usr/bin/python
# Copyright: ansible-airflow contributors
# SPDX-License-Identifier: Apache-2.0
"""Ansible module: install the program airflow-backup on a host."""

from __future__ import annotations

DOCUMENTATION = r"""
module: airflow_backup_program
short_description: Install the program airflow-backup on a host
description:
  - The program consists of the same Python modules that the collection's modules use. They are copied to a directory of
    their own, so that timers can run them without Ansible.
  - Python files of an earlier version in that directory are removed.
requirements:
  - python >= 3.9 on the host
options:
  directory:
    description: Directory of the Python modules. It is created.
    type: path
    default: /usr/local/lib/airflow-backup
  files:
    description: Further files of the program, such as its command and units. Their directories exist.
    type: list
    elements: dict
    default: []
    suboptions:
      path:
        description: Path of the file.
        type: path
        required: true
      content:
        description: Content of the file.
        type: str
        required: true
      mode:
        description: Permissions of the file, as an octal number.
        type: str
        default: "0644"
author: ansible-airflow maintainers (@ansible-airflow)
attributes:
  check_mode:
    support: full
    description: In check mode no file is written.
  diff_mode:
    support: partial
    description: The diff shows the contents of O(files), and only the names of Python modules.
"""

EXAMPLES = r"""
- name: Install the Python modules of the program
  ansible_airflow.airflow.airflow_backup_program:

- name: Install them in another directory
  ansible_airflow.airflow.airflow_backup_program:
    directory: /opt/airflow-backup

- name: Install a unit as well
  ansible_airflow.airflow.airflow_backup_program:
    files:
      - path: /etc/systemd/system/airflow-backup.service
        content: "{{ lookup('ansible.builtin.template', 'airflow-backup.service.j2') }}"
"""

RETURN = r"""
files:
  description: Paths of the files that were written or removed.
  type: list
  elements: str
  returned: success
  sample: [/etc/systemd/system/airflow-backup.service]
restic:
  description: Whether the host has the program restic.
  type: bool
  returned: success
  sample: true
"""

import os
import shutil
import sys

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.backup import cli
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.host import atomic
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.host.installed import changes, install, texts

ARGUMENTS = {
    "directory": {"type": "path", "default": "/usr/local/lib/airflow-backup"},
    "files": {
        "type": "list",
        "elements": "dict",
        "default": [],
        "options": {
            "path": {"type": "path", "required": True},
            "content": {"type": "str", "required": True},
            "mode": {"type": "str", "default": "0644"},
        },
    },
}


def main() -> None:
    """Run the module."""
    module = AnsibleModule(argument_spec=ARGUMENTS, supports_check_mode=True)
    directory = module.params["directory"]
    # What the program's main module has imported is the program.
    wanted = texts(cli.__name__.rpartition(".plugins.")[0], list(sys.modules))
    names = changes(wanted, directory)
    diff = [{"header": directory, "before": "", "after": "".join(f"{name}\n" for name in names)}] if names else []
    differing = [
        file for file in module.params["files"] if read(file["path"]) != (file["content"], int(file["mode"], 8))
    ]
    diff += [{"header": file["path"], "before": read(file["path"])[0], "after": file["content"]} for file in differing]
    try:
        if names and not module.check_mode:
            install(wanted, directory)
        for file in [] if module.check_mode else differing:
            atomic.write(file["path"], file["content"], int(file["mode"], 8), 0)
    except OSError as error:
        module.fail_json(msg=f"the program cannot be installed: {error}")
    paths = [os.path.join(directory, name) for name in names] + [file["path"] for file in differing]
    module.exit_json(changed=bool(paths), files=paths, diff=diff, restic=bool(shutil.which("restic")))


def read(path: str) -> tuple[str, int]:
    """Return the content and mode of a file; nothing if it does not exist."""
    try:
        with open(path, encoding="utf-8", errors="replace") as file:
            return file.read(), os.fstat(file.fileno()).st_mode & 0o7777
    except OSError:
        return "", 0


if __name__ == "__main__":
    main()
