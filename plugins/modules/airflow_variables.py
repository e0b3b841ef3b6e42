#!/usr/bin/python
# Copyright: ansible-airflow contributors
# SPDX-License-Identifier: Apache-2.0
"""Ansible module: manage Airflow's variables."""

from __future__ import annotations

DOCUMENTATION = r"""
module: airflow_variables
short_description: Manage Airflow's variables
description:
  - Makes the variables that Airflow holds in its database equal to a list.
  - A listed variable is the whole truth about it. A description that is not listed is emptied.
  - A variable that differs is replaced in one transaction, so a running task reads the old value or the new one.
  - In the diff, values are secret as a whole. Keys and descriptions are not.
options:
  variables:
    description: The variables.
    type: list
    elements: dict
    required: true
    suboptions:
      key:
        description: Key of the variable, of 1 to 250 characters.
        type: str
        required: true
      state:
        description: Whether the variable shall exist. When it shall not, its other options are ignored.
        type: str
        choices: [present, absent]
        default: present
      value:
        description:
          - Value of the variable, required if it shall exist.
          - Text is stored as exactly that text, also where it looks like JSON, such as V("1"), V("true") or V("{}"),
            and compared character by character.
          - A number, V(true), V(false), a list or a dict is stored as JSON, for DAGs that read it with
            C(deserialize_json=True). It is compared as data, so the order of keys and white space do not matter, while
            V(1), V(1.0), V(true) and JSON's text V("1") differ.
          - V(null) is refused, as Ansible does not tell it from a value that is missing. The text V("null") is what
            JSON calls so, V("") is empty text.
          - YAML makes other things of some texts without quotes, of V(2024-01-31) a date, of V(yes) V(true). Write
            such texts in quotes.
        type: raw
      description:
        description: What the variable is for.
        type: str
  purge:
    description: Whether to delete variables that are not listed.
    type: bool
    default: false
  purge_exclude:
    description: Keys that O(purge) leaves alone, as shell patterns such as V(team_*).
    type: list
    elements: str
    default: []
notes:
  - Only what is in Airflow's database is managed. An environment variable C(AIRFLOW_VAR_KEY) or a secrets backend that
    has the same key wins when a task reads it.
extends_documentation_fragment: [ansible_airflow.airflow.airflow_container, ansible_airflow.airflow.airflow_manage]
author: ansible-airflow maintainers (@ansible-airflow)
"""

EXAMPLES = r"""
- name: Keep three variables as they should be
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

- name: Store text that looks like JSON, and text with braces of its own
  ansible_airflow.airflow.airflow_variables:
    variables:
      - key: answer
        value: "42"
      - key: report_template
        value: "{% raw %}Dear {{ name }}{% endraw %}"

- name: Remove one
  ansible_airflow.airflow.airflow_variables:
    variables:
      - key: news_language
        state: absent

- name: Let the list be all that Airflow holds, but for those of a team of their own
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
  description: Keys that are listed and needed no change.
  type: list
  elements: str
  returned: always, unless the options were refused
  sample: [answer]
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
  description: What is wrong with variables after the run, by key, without values.
  type: dict
  returned: when Airflow refused some
  sample:
    news_feeds: "does not exist (RaiseException: not this one)"
problems:
  description: What is wrong with the options, a sentence each.
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
