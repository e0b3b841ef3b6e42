#!/usr/bin/python
# Copyright: ansible-airflow contributors
# SPDX-License-Identifier: Apache-2.0
"""Documentation of the action plugin plugins/action/airflow_tree_snapshot.py."""

from __future__ import annotations

DOCUMENTATION = r"""
module: airflow_tree_snapshot
short_description: Copy a file tree of the controller once in a run
description:
  - Copies the files of a directory on the controller, or of a version of a git repository, that belong to a release.
  - In one run of Ansible, all tasks with the same source get the same copy, also on other hosts and in other plays. So
    all hosts get the same release, whatever is saved or pushed during the run.
  - Ansible deletes the copy at the end of the run.
  - What belongs to a release is described in M(ansible_airflow.airflow.airflow_tree_receive), which uploads it.
  - The fetch never prompts. Runs that fetch the same repository wait for each other.
requirements:
  - git on the controller, for O(git)
options:
  src:
    description: Directory on the controller. Either this or O(git) is required.
    type: path
  git:
    description: Git repository that holds the directory.
    type: dict
    suboptions:
      repository:
        description: Address of the repository, in a form that git accepts. A login in it is not shown.
        type: str
        required: true
      version:
        description: Branch, tag or commit.
        type: str
        required: true
      directory:
        description: Directory of the files, relative to the repository's root.
        type: str
        default: .
      key_file:
        description: File on the controller with the private SSH key. Without it, the user's own keys are used.
        type: path
      known_hosts:
        description: Lines of a known_hosts file with the server's host key. Without it, the user's own file is used.
        type: str
  cache:
    description: Directory on the controller with the checkouts of repositories.
    type: path
    default: ~/.cache/ansible-airflow/dags
attributes:
  check_mode:
    description: Changes nothing but the copy and the checkout.
    support: full
  diff_mode:
    description: It has nothing to show.
    support: none
notes:
  - Delegate the task to localhost; the module ansible.builtin.git runs on the task's host.
author: ansible-airflow maintainers (@ansible-airflow)
seealso:
  - module: ansible_airflow.airflow.airflow_tree_receive
"""

EXAMPLES = r"""
- name: Copy a directory
  ansible_airflow.airflow.airflow_tree_snapshot:
    src: /srv/checkouts/dags
  delegate_to: localhost
  register: copy

- name: Upload the copy
  ansible_airflow.airflow.airflow_tree_receive:
    src: "{{ copy.tree }}"
    directory: /usr/local/projects/airflow/dags
    origin: "{{ copy.origin }}"

- name: Copy the directory dags of the branch main
  ansible_airflow.airflow.airflow_tree_snapshot:
    git:
      repository: git@git.example.com:data/dags.git
      version: main
      directory: dags
      key_file: ~/.ssh/dags_deploy_key
  delegate_to: localhost
  register: copy

- name: Copy a commit, from a server whose host key is known
  ansible_airflow.airflow.airflow_tree_snapshot:
    git:
      repository: ssh://git@git.example.com/data/dags.git
      version: 1f0c9a31d2b7
      known_hosts: git.example.com ssh-ed25519 AAAA
  delegate_to: localhost
  register: copy
"""

RETURN = r"""
tree:
  description: Path of the copy on the controller.
  type: str
  returned: success
  sample: /home/jane/.ansible/tmp/ansible-local-4711x/airflow-trees/0a4d55a8d7780a4d
release:
  description: Id of the release that the files are.
  type: str
  returned: success
  sample: 5d41402abc4b
files:
  description: Number of files and links in the release.
  type: int
  returned: success
  sample: 12
origin:
  description: Origin of the files, the directory or the repository with version and commit.
  type: dict
  returned: success
  sample:
    path: /srv/checkouts/dags
problems:
  description: One sentence for each reason why the directory cannot become a release.
  type: list
  elements: str
  returned: when it cannot become one
  sample:
    - "feeds.json: is a symbolic link to the absolute path /etc/passwd; make it relative, or replace it by a copy."
"""
