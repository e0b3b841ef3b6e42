#!/usr/bin/python
# Copyright: ansible-airflow contributors
# SPDX-License-Identifier: Apache-2.0
"""Ansible module: manage Airflow's connections."""

from __future__ import annotations

DOCUMENTATION = r"""
module: airflow_connections
short_description: Manage Airflow's connections
description:
  - Creates, updates and deletes connections in Airflow's database to match a list.
  - An entry defines its connection completely. Fields that the entry does not set are emptied, so the result does not
    depend on the previous state, and a line removed from the inventory is removed from Airflow.
  - Empty text counts as no value. Port V(0) differs from no port.
  - A connection that differs is replaced in one transaction, so a running task reads either the old or the new values.
  - The diff hides the password, a URI, and the texts and numbers in O(connections[].extra).
options:
  connections:
    description: The connections.
    type: list
    elements: dict
    required: true
    suboptions:
      conn_id:
        description:
          - Id of the connection, 1 to 200 letters, digits, underscores, hyphens, dots, colons, slashes, backslashes,
            parentheses, number signs and exclamation marks.
        type: str
        required: true
      state:
        description: V(present) creates or updates the connection. V(absent) deletes it and ignores its other options.
        type: str
        choices: [present, absent]
        default: present
      conn_type:
        description:
          - Type of the connection as Airflow names it, such as V(postgres) or V(http).
          - Required unless O(connections[].uri) is given.
        type: str
      description:
        description: Purpose of the connection. The only field that can be combined with O(connections[].uri).
        type: str
      host:
        description: Host name or address.
        type: str
      schema:
        description: Database name, or whatever the connection type uses this field for.
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
          - Further options of the connection type, as a dict or as the text of a JSON object. Compared as data, so the
            order of keys does not matter, but V(1), V(1.0), V(true) and V("1") differ.
        type: raw
      uri:
        description:
          - The connection as a URI that Airflow parses, instead of separate fields.
        type: str
  purge:
    description: Delete connections that are not listed.
    type: bool
    default: false
  purge_exclude:
    description: Ids of connections that O(purge) keeps, as glob patterns such as V(aws_*).
    type: list
    elements: str
    default: []
  allow_unknown_types:
    description:
      - Accept connection types that no installed Airflow provider registers. Such a type is either misspelt, or belongs
        to a hook of your own that is not part of a provider.
    type: bool
    default: false
extends_documentation_fragment: [ansible_airflow.airflow.airflow_container, ansible_airflow.airflow.airflow_manage]
author: ansible-airflow maintainers (@ansible-airflow)
"""

EXAMPLES = r"""
- name: Create or update two connections
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

- name: Delete a connection
  ansible_airflow.airflow.airflow_connections:
    connections:
      - conn_id: feeds_api
        state: absent

- name: Delete all connections that are not listed, except those of another team
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
  description: Ids of the listed connections that needed no change.
  type: list
  elements: str
  returned: always, unless the options were refused
  sample: [postgres_default]
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
  description: What is wrong with each connection that is not as listed after the run, by id. Contains no values.
  type: dict
  returned: when connections are not as listed after the run
  sample:
    feeds_api: "does not exist (StringDataRightTruncation: value too long for type character varying(500))"
problems:
  description: One sentence for each problem with the options.
  type: list
  elements: str
  returned: when the options are refused
  sample: ["connections, 'news_db': port 70000 is invalid; write a number from 0 to 65535."]
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
