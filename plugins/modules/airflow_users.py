#!/usr/bin/python
# Copyright: ansible-airflow contributors
# SPDX-License-Identifier: Apache-2.0
"""Ansible module: manage Airflow's users."""

from __future__ import annotations

DOCUMENTATION = r"""
module: airflow_users
short_description: Manage Airflow's users
description:
  - Makes users of Airflow's web UI and API as listed. Users that are not listed are left alone, there is no purge.
  - A listed user has exactly the listed roles. The mail address and the names of an existing user stay as they are
    where the list does not say them, and so does the password unless O(users[].update_password) asks for it.
  - A password is compared with the stored hash inside Airflow's container, so one that the user already has changes
    nothing. In the diff it is secret.
  - Whether a user is active is left alone; a deactivated user stays so.
  - The last active user with the role C(Admin) is neither deleted nor deprived of it.
options:
  users:
    description: The users.
    type: list
    elements: dict
    required: true
    suboptions:
      username:
        description:
          - Name that the user logs in with, of up to 256 characters. To Airflow, names that differ in case only are
            the same.
        type: str
        required: true
      state:
        description: Whether the user shall exist. When it shall not, its other options are ignored.
        type: str
        choices: [present, absent]
        default: present
      email:
        description: Mail address, which no other user may have. Required for a new user.
        type: str
      firstname:
        description: First name, of up to 64 characters. A new user gets the username by default.
        type: str
      lastname:
        description: Last name, of up to 64 characters. A new user gets the username by default.
        type: str
      roles:
        description:
          - Names of existing roles, such as V(Admin), V(Op), V(User) or V(Viewer); at least one for a user that shall
            exist.
        type: list
        elements: str
      password:
        description: Password. Required for a new user.
        type: str
      update_password:
        description:
          - V(on_create) sets the password of a new user only. V(always) also sets it where an existing user has
            another one.
        type: str
        choices: [on_create, always]
        default: on_create
      create_only:
        description: Whether to leave the user alone once it exists, whatever the other options say.
        type: bool
        default: false
extends_documentation_fragment: [ansible_airflow.airflow.airflow_container, ansible_airflow.airflow.airflow_manage]
author: ansible-airflow maintainers (@ansible-airflow)
"""

EXAMPLES = r"""
- name: Give two people access
  ansible_airflow.airflow.airflow_users:
    users:
      - username: jane
        email: jane@example.com
        firstname: Jane
        lastname: Doe
        roles: [Op]
        password: "{{ vault_jane_first_password }}"
      - username: dashboards
        email: dashboards@example.com
        roles: [Viewer]
        password: "{{ vault_dashboards_password }}"
        update_password: always

- name: Change the roles of an existing user
  ansible_airflow.airflow.airflow_users:
    users:
      - username: jane
        roles: [Op, Viewer]

- name: Remove a user
  ansible_airflow.airflow.airflow_users:
    users:
      - username: jane
        state: absent
"""

RETURN = r"""
created:
  description: Names of the users that were created.
  type: list
  elements: str
  returned: always, unless the options were refused
  sample: [dashboards]
updated:
  description: Names of the users that were changed because they differed.
  type: list
  elements: str
  returned: always, unless the options were refused
  sample: [jane]
deleted:
  description: Names of the users that were deleted.
  type: list
  elements: str
  returned: always, unless the options were refused
  sample: [john]
unchanged:
  description: Names that are listed and needed no change.
  type: list
  elements: str
  returned: always, unless the options were refused
  sample: [admin]
container:
  description: Name of the container that was used, none if none was needed or, in check mode, there is none.
  type: str
  returned: always, unless the options were refused
  sample: airflow-scheduler-1
starts:
  description: How many times Airflow was started.
  type: int
  returned: always, unless the options were refused
  sample: 2
failed_objects:
  description: What is wrong with users after the run, by name, without values.
  type: dict
  returned: when Airflow refused some
  sample:
    jane: "still exists (ForeignKeyViolation: update or delete on table \"ab_user\" violates foreign key constraint)"
problems:
  description: What is wrong with the options, a sentence each.
  type: list
  elements: str
  returned: when the options are refused
  sample: ["users, 'jane': roles is missing; write at least one, such as [Viewer]."]
"""

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.containers.airflow import CONTAINER_OPTIONS
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.objects.manage import manage
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.objects.users import UserKind

ARGUMENTS = {**UserKind.arguments, **CONTAINER_OPTIONS}


def main() -> None:
    """Run the module."""
    manage(AnsibleModule(argument_spec=ARGUMENTS, supports_check_mode=True), UserKind())


if __name__ == "__main__":
    main()
