#!/usr/bin/python
# Copyright: ansible-airflow contributors
# SPDX-License-Identifier: Apache-2.0
"""Ansible module: manage Airflow's roles."""

from __future__ import annotations

DOCUMENTATION = r"""
module: airflow_roles
short_description: Manage Airflow's roles and their permissions
description:
  - Creates, updates and deletes roles of Airflow's FAB auth manager to match a list. Airflow 2 uses it by default,
    Airflow 3 if C([core] auth_manager) names it.
  - An entry defines its role completely. A permission that the entry does not list is removed from the role, except for
    V(can_read) on V(Website), which Airflow itself grants to every role, and without which no page opens.
  - If a DAG sets C(access_control), the DAG determines who has permissions on it. Permissions on such a DAG are neither
    granted nor removed; if an entry lists one, the module warns. Airflow refuses a DAG whose C(access_control) names a
    role that does not exist.
  - Airflow's own roles C(Admin), C(Op), C(Public), C(User) and C(Viewer) are refused, because Airflow restores their
    permissions when its web server starts and with C(airflow sync-perm). Give your users a role of your own instead.
options:
  roles:
    description: The roles.
    type: list
    elements: dict
    required: true
    suboptions:
      name:
        description: Name of the role, 1 to 64 characters. Names that differ in case are different roles.
        type: str
        required: true
      state:
        description:
          - V(present) creates or updates the role. V(absent) deletes it and ignores its other options.
          - Users who have a deleted role lose it.
        type: str
        choices: [present, absent]
        default: present
      permissions:
        description: What the role allows. Required for a present role; an empty list removes all permissions.
        type: list
        elements: dict
        suboptions:
          resource:
            description:
              - What the actions apply to, by the name that Airflow's web UI shows in the list of a role's permissions,
                such as V(DAGs), V(Connections) or V(Task Instances). V(DAGs) stands for all DAGs.
              - V(DAG:DAG_ID) is a single DAG, which need not exist yet. From Airflow 2.10 on, V(DAG Run:DAG_ID) is its
                runs.
            type: str
            required: true
          actions:
            description: Any of V(can_read), V(can_edit), V(can_create), V(can_delete) and V(menu_access).
            type: list
            elements: str
            required: true
  purge:
    description: Delete roles that are not listed, except Airflow's own.
    type: bool
    default: false
  purge_exclude:
    description: Names of roles that O(purge) keeps, as glob patterns such as V(team_*).
    type: list
    elements: str
    default: []
notes:
  - Uses Airflow's models instead of its commands, which build the whole web application and refuse resources that do
    not exist yet.
  - Airflow 3 caches the permissions of a user who is logged in for C([fab] cache_ttl), 30 seconds by default.
extends_documentation_fragment: [ansible_airflow.airflow.airflow_container, ansible_airflow.airflow.airflow_manage]
author: ansible-airflow maintainers (@ansible-airflow)
"""

EXAMPLES = r"""
- name: Create a role that reads all DAGs and runs two of them
  ansible_airflow.airflow.airflow_roles:
    roles:
      - name: Analysts
        permissions:
          - {resource: DAGs, actions: [can_read]}
          - {resource: DAG Runs, actions: [can_read, can_create, menu_access]}
          - {resource: Task Instances, actions: [can_read]}
          - {resource: Task Logs, actions: [can_read]}
          - {resource: "DAG:news_fetcher", actions: [can_read, can_edit]}
          - {resource: "DAG:news_report", actions: [can_read, can_edit]}

- name: Delete a role
  ansible_airflow.airflow.airflow_roles:
    roles:
      - name: Analysts
        state: absent

- name: Delete all roles that are not listed, except Airflow's own and those of another team
  ansible_airflow.airflow.airflow_roles:
    roles: "{{ airflow_roles }}"
    purge: true
    purge_exclude: ["research_*"]
"""

RETURN = r"""
created:
  description: Names of the roles that were created.
  type: list
  elements: str
  returned: always, unless the options were refused
  sample: [Analysts]
updated:
  description: Names of the roles that were updated because they differed.
  type: list
  elements: str
  returned: always, unless the options were refused
  sample: [Editors]
deleted:
  description: Names of the roles that were deleted.
  type: list
  elements: str
  returned: always, unless the options were refused
  sample: [Interns]
unchanged:
  description: Names of the listed roles that needed no change.
  type: list
  elements: str
  returned: always, unless the options were refused
  sample: [research_readers]
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
  description: What is wrong with each role that is not as listed after the run, by name.
  type: dict
  returned: when roles are not as listed after the run
  sample:
    Analysts: "does not exist (RaiseException: not this one)"
problems:
  description: One sentence for each problem with the options.
  type: list
  elements: str
  returned: when the options are refused
  sample: ["roles[0].permissions[0].resource: Airflow has no resource 'Dags'; did you mean DAGs?"]
"""

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.containers.airflow import CONTAINER_OPTIONS
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.objects.manage import manage
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.objects.roles import RoleKind

ARGUMENTS = {**RoleKind.arguments, **CONTAINER_OPTIONS}


def main() -> None:
    """Run the module."""
    manage(AnsibleModule(argument_spec=ARGUMENTS, supports_check_mode=True), RoleKind())


if __name__ == "__main__":
    main()
