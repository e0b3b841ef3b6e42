#!/usr/bin/python
# Copyright: ansible-airflow contributors
# SPDX-License-Identifier: Apache-2.0
"""Ansible module: manage Airflow's connections."""

from __future__ import annotations

DOCUMENTATION = r"""
module: airflow_connections
short_description: Manage Airflow's connections
description:
  - Makes the connections that Airflow holds in its database equal to a list.
  - A listed connection is the whole truth about it. A field that is not listed is emptied, so the outcome does not
    depend on what was there before, and a line removed from the inventory is removed from Airflow.
  - Empty text is the same as no value. Ports 0 and none differ.
  - A connection that differs is replaced in one transaction, so a running task reads the old values or the new ones.
  - In the diff, the password, a URI, and texts and numbers in extra are secret.
options:
  connections:
    description: The connections.
    type: list
    elements: dict
    required: true
    suboptions:
      conn_id:
        description:
          - Id of the connection, of 1 to 200 letters, digits, underscores, hyphens, dots, colons, slashes, backslashes,
            parentheses, number signs and exclamation marks.
        type: str
        required: true
      state:
        description: Whether the connection shall exist. When it shall not, its other options are ignored.
        type: str
        choices: [present, absent]
        default: present
      conn_type:
        description:
          - Type of the connection as Airflow names it, such as V(postgres) or V(http).
          - Required unless O(connections[].uri) is given.
        type: str
      description:
        description: What the connection is for. The only field that goes together with O(connections[].uri).
        type: str
      host:
        description: Host name or address.
        type: str
      schema:
        description: Database name, or what the type uses it for.
        type: str
      login:
        description: User name.
        type: str
      password:
        description: Password, up to 3600 bytes. Compared by value.
        type: str
      port:
        description: Port, V(0) to V(65535).
        type: int
      extra:
        description:
          - What else the type needs, as a dict or as the text of a JSON object. Compared as data, so the order of keys
            does not matter, while V(1), V(1.0), V(true) and V("1") differ.
        type: raw
      uri:
        description:
          - The connection as a URI, read by Airflow itself, instead of fields.
        type: str
  purge:
    description: Whether to delete connections that are not listed.
    type: bool
    default: false
  purge_exclude:
    description: Ids that O(purge) leaves alone, as shell patterns such as V(aws_*).
    type: list
    elements: str
    default: []
  allow_unknown_types:
    description:
      - Whether a connection may get a type that no installed provider of Airflow knows. Such a type is misspelt, or
        belongs to a hook of your own that is not part of a provider.
    type: bool
    default: false
extends_documentation_fragment: [ansible_airflow.airflow.airflow_container, ansible_airflow.airflow.airflow_manage]
author: ansible-airflow maintainers (@ansible-airflow)
"""

EXAMPLES = r"""
- name: Keep two connections as they should be
  ansible_airflow.airflow.airflow_connections:
    connections:
      - conn_id: news_db
        conn_type: postgres
        host: db.example.com
        port: 5432
        schema: news
        login: news
        password: "{{ vault_news_db_password }}"
        extra:
          sslmode: verify-full
      - conn_id: feeds_api
        uri: "https://reader:{{ vault_feeds_api_password | urlencode }}@api.example.com"

- name: Remove one
  ansible_airflow.airflow.airflow_connections:
    connections:
      - conn_id: feeds_api
        state: absent

- name: Let the list be all that Airflow holds, but for those of a team of their own
  ansible_airflow.airflow.airflow_connections:
    connections: "{{ airflow_connections }}"
    purge: true
    purge_exclude: ["research_*"]
"""

RETURN = r"""
created:
  description: Ids of the connections that were created.
  type: list
  elements: str
  returned: always, unless the options were refused
  sample: [feeds_api]
updated:
  description: Ids of the connections that were replaced because they differed.
  type: list
  elements: str
  returned: always, unless the options were refused
  sample: [news_db]
deleted:
  description: Ids of the connections that were deleted.
  type: list
  elements: str
  returned: always, unless the options were refused
  sample: [old_api]
unchanged:
  description: Ids that are listed and needed no change.
  type: list
  elements: str
  returned: always, unless the options were refused
  sample: [postgres_default]
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
  description: What is wrong with connections after the run, by id, without values.
  type: dict
  returned: when Airflow refused some
  sample:
    feeds_api: "does not exist (StringDataRightTruncation: value too long for type character varying(500))"
problems:
  description: What is wrong with the options, a sentence each.
  type: list
  elements: str
  returned: when the options are refused
  sample: ["connections, 'news_db': port 70000 is not one; write a number from 0 to 65535."]
"""

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.containers.airflow import CONTAINER_OPTIONS
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.objects.connections import ConnectionKind
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.objects.manage import manage

ARGUMENTS = {**ConnectionKind.arguments, **CONTAINER_OPTIONS}


def main() -> None:
    """Run the module."""
    manage(AnsibleModule(argument_spec=ARGUMENTS, supports_check_mode=True), ConnectionKind())


if __name__ == "__main__":
    main()
