#!/usr/bin/python
# Copyright: ansible-airflow contributors
# SPDX-License-Identifier: Apache-2.0
"""Ansible module: manage Airflow's variables."""

from __future__ import annotations

DOCUMENTATION = r"""
module: airflow_variables
short_description: Manage Airflow's variables
description:
  - Creates, updates and deletes variables in Airflow's database to match a list.
  - An entry defines its variable completely. A description that the entry does not set is emptied.
  - A variable that differs is replaced in one transaction, so a running task reads either the old or the new value.
  - The diff hides values completely, but shows keys and descriptions.
options:
  variables:
    description: The variables.
    type: list
    elements: dict
    required: true
    suboptions:
      key:
        description: Key of the variable, 1 to 250 characters.
        type: str
        required: true
      state:
        description: V(present) creates or updates the variable. V(absent) deletes it and ignores its other options.
        type: str
        choices: [present, absent]
        default: present
      value:
        description:
          - Value of the variable. Required for a present variable.
          - Text is stored unchanged, even if it looks like JSON, such as V("1"), V("true") or V("{}"), and compared
            character by character.
          - A number, V(true), V(false), a list or a dict is stored as JSON, for DAGs that read it with
            C(deserialize_json=True). It is compared as data, so the order of keys and white space do not matter, but
            V(1), V(1.0), V(true) and the JSON text V("1") differ.
          - V(null) is refused, because Ansible cannot distinguish it from a missing value. The text V("null") is JSON's
            null, V("") is empty text.
          - YAML converts some texts without quotes, such as V(2024-01-31) to a date and V(yes) to V(true). Put such
            texts in quotes.
        type: raw
      description:
        description: Purpose of the variable.
        type: str
  purge:
    description: Delete variables that are not listed.
    type: bool
    default: false
  purge_exclude:
    description: Keys of variables that O(purge) keeps, as glob patterns such as V(team_*).
    type: list
    elements: str
    default: []
notes:
  - Only variables in Airflow's database are managed. When a task reads a variable, an environment variable
    C(AIRFLOW_VAR_KEY) or a secrets backend with the same key takes precedence.
extends_documentation_fragment: [ansible_airflow.airflow.airflow_container, ansible_airflow.airflow.airflow_manage]
author: ansible-airflow maintainers (@ansible-airflow)
"""

EXAMPLES = r"""
- name: Create or update three variables
  ansible_airflow.airflow.airflow_variables:
    variables:
      - key: news_language
        value: fa
        description: Language of the reports
      - key: news_api_token
        value: "{{ vault_news_api_token }}"
      # Stored as JSON.
      - key: news_feeds
        value:
          - {url: "https://example.com/rss", limit: 50}

- name: Store text that looks like JSON, and text that contains braces
  ansible_airflow.airflow.airflow_variables:
    variables:
      - key: answer
        value: "42"
      - key: report_template
        value: "{% raw %}Dear {{ name }}{% endraw %}"

- name: Delete a variable
  ansible_airflow.airflow.airflow_variables:
    variables:
      - key: news_language
        state: absent

- name: Delete all variables that are not listed, except those of another team
  ansible_airflow.airflow.airflow_variables:
    variables: "{{ airflow_variables }}"
    purge: true
    purge_exclude: ["research_*"]
"""

RETURN = r"""
created:
  description: Keys of the variables that were created.
  type: list
  elements: str
  returned: always, unless the options were refused
  sample: [news_feeds]
updated:
  description: Keys of the variables that were replaced because they differed.
  type: list
  elements: str
  returned: always, unless the options were refused
  sample: [news_language]
deleted:
  description: Keys of the variables that were deleted.
  type: list
  elements: str
  returned: always, unless the options were refused
  sample: [old_token]
unchanged:
  description: Keys of the listed variables that needed no change.
  type: list
  elements: str
  returned: always, unless the options were refused
  sample: [answer]
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
  description: What is wrong with each variable that is not as listed after the run, by key. Contains no values.
  type: dict
  returned: when variables are not as listed after the run
  sample:
    news_feeds: "does not exist (RaiseException: not this one)"
problems:
  description: One sentence for each problem with the options.
  type: list
  elements: str
  returned: when the options are refused
  sample:
    - >-
      variables, 'news_language': value is missing or null; write one: '' is empty text, 'null' with quotes is JSON's
      null.
"""

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.containers.airflow import CONTAINER_OPTIONS
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.objects.manage import manage
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.objects.variables import VariableKind

ARGUMENTS = {**VariableKind.arguments, **CONTAINER_OPTIONS}


def main() -> None:
    """Run the module."""
    manage(AnsibleModule(argument_spec=ARGUMENTS, supports_check_mode=True), VariableKind())


if __name__ == "__main__":
    main()
