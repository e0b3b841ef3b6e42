#!/usr/bin/python
# Copyright: ansible-airflow contributors
# SPDX-License-Identifier: Apache-2.0
"""Ansible module: manage Airflow's users."""

from __future__ import annotations

DOCUMENTATION = r"""
module: airflow_users
short_description: Manage Airflow's users
description:
  - Creates, updates and deletes users of Airflow's web UI and API to match a list. Users that are not listed are kept;
    there is no purge.
  - A listed user gets exactly the listed roles. The email address and the names of an existing user are kept if the
    list does not set them. The password is kept unless O(users[].update_password) is V(always).
  - A password is compared with the stored hash inside Airflow's container, so a user's current password causes no
    change. The diff hides passwords.
  - The module neither activates nor deactivates existing users.
  - The module refuses to delete the last active user with the role C(Admin), or to remove that role.
options:
  users:
    description: The users.
    type: list
    elements: dict
    required: true
    suboptions:
      username:
        description:
          - Name that the user logs in with, up to 256 characters. Airflow treats names that differ only in case as the
            same user.
        type: str
        required: true
      state:
        description: V(present) creates or updates the user. V(absent) deletes it and ignores its other options.
        type: str
        choices: [present, absent]
        default: present
      email:
        description: Email address, unique among all users. Required for a new user.
        type: str
      firstname:
        description: First name, up to 64 characters. Defaults to the username for a new user.
        type: str
      lastname:
        description: Last name, up to 64 characters. Defaults to the username for a new user.
        type: str
      roles:
        description:
          - Names of existing roles, such as V(Admin), V(Op), V(User) or V(Viewer). A present user needs at least one.
            M(ansible_airflow.airflow.airflow_roles) creates others.
        type: list
        elements: str
      password:
        description: Password. Required for a new user.
        type: str
      update_password:
        description:
          - V(on_create) sets the password only for a new user. V(always) also changes the password of an existing user
            if it differs.
        type: str
        choices: [on_create, always]
        default: on_create
      create_only:
        description: Leave an existing user unchanged, regardless of the other options.
        type: bool
        default: false
extends_documentation_fragment: [ansible_airflow.airflow.airflow_container, ansible_airflow.airflow.airflow_manage]
author: ansible-airflow maintainers (@ansible-airflow)
"""

EXAMPLES = r"""
- name: Create two users
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

- name: Delete a user
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
  description: Names of the listed users that needed no change.
  type: list
  elements: str
  returned: always, unless the options were refused
  sample: [admin]
container:
  description: Name of the container that was used. Null if none was needed or, in check mode, none runs.
  type: str
  returned: always, unless the options were refused
  sample: airflow-scheduler-1
starts:
  description: How many times Airflow was started.
  type: int
  returned: always, unless the options were refused
  sample: 2
failed_objects:
  description: What is wrong with each user that is not as listed after the run, by name. Contains no values.
  type: dict
  returned: when users are not as listed after the run
  sample:
    jane: "still exists (ForeignKeyViolation: update or delete on table \"ab_user\" violates foreign key constraint)"
problems:
  description: One sentence for each problem with the options.
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
