#!/usr/bin/python
# Copyright: ansible-airflow contributors
# SPDX-License-Identifier: Apache-2.0
"""Ansible module: keep or make the secrets of an Airflow stack."""

from __future__ import annotations

DOCUMENTATION = r"""
module: airflow_secrets
short_description: Keep or make the secrets of an Airflow stack
description:
  - Settles every secret of a stack, each in a file of its own that one user id can read.
  - A value given wins; otherwise the file's value is kept; otherwise a random one is made, once.
  - All secrets are settled before the first file is written, so a refusal changes nothing.
requirements:
  - python >= 3.9 on the host
options:
  directory:
    description: Directory of the files on the host. It must exist, except in check mode.
    type: path
    required: true
  database_exists:
    description:
      - Whether data exists that was made with these secrets. Then those with O(secrets[].keep) are not made anew.
    type: bool
    required: true
  secrets:
    description: The secrets.
    type: list
    elements: dict
    required: true
    suboptions:
      name:
        description: Name of the file.
        type: str
        required: true
      kind:
        description:
          - C(password) is 32 random bytes as text, C(signing) 64 of them, to sign with HS512.
          - C(fernet) is a key for Airflow's encryption.
          - C(text) may have any form, such as a certificate; it is never made here.
        type: str
        choices: [password, signing, fernet, text]
        default: password
      value:
        description: The value, if the inventory gives one. An empty string counts as not given.
        type: str
      owner:
        description: User id that may read the file.
        type: int
        default: 0
      keep:
        description:
          - Why a value that exists must not just change, and how to change it all the same, as sentences.
          - With it a value that exists is not replaced and none is made where data exists; the refusal ends with it.
            Empty, the value may change.
        type: str
        default: ""
      variable:
        description: Name of the inventory's variable, for messages.
        type: str
        default: ""
  derived:
    description: Files that are made of secrets, such as a URL with a password in it.
    type: list
    elements: dict
    default: []
    suboptions:
      name:
        description: Name of the file.
        type: str
        required: true
      template:
        description:
          - Text of the file, with C({NAME}) for a secret, C({NAME:url}) for one inside a URL, and C({NAME:redis}) for
            one inside the double quotes of redis.conf.
        type: str
        required: true
      owner:
        description: User id that may read the file.
        type: int
        default: 0
author: ansible-airflow maintainers (@ansible-airflow)
notes:
  - The result holds the values, so register it only in a task with C(no_log).
attributes:
  check_mode:
    support: full
    description: Makes random values in memory only and writes nothing.
  diff_mode:
    support: none
    description: Secrets are not shown.
"""

EXAMPLES = r"""
- name: Keep or make two secrets
  ansible_airflow.airflow.airflow_secrets:
    directory: /etc/airflow/secrets
    database_exists: false
    secrets:
      - {name: redis_password, owner: 999}
      - name: fernet_key
        kind: fernet
        owner: 50000
        value: "{{ vault_airflow_fernet_key }}"
        variable: airflow_fernet_key
        keep: Connections in the database are encrypted with that key.
    derived:
      - {name: broker_url, owner: 50000, template: "redis://:{redis_password:url}@redis:6379/0"}
  register: airflow_secrets
  no_log: true

- name: Copy a certificate that containers read
  ansible_airflow.airflow.airflow_secrets:
    directory: /etc/airflow/secrets
    database_exists: true
    secrets:
      - name: postgres_certificate
        kind: text
        owner: 999
        value: "{{ lookup('ansible.builtin.file', 'postgres.crt') }}"
  no_log: true

- name: Check that no secret of an existing database is missing
  ansible_airflow.airflow.airflow_secrets:
    directory: /etc/airflow/secrets
    database_exists: true
    secrets:
      - name: postgres_password
        owner: 999
        keep: The database has the password of that file. Restore the file from a backup.
  check_mode: true
  no_log: true
"""

RETURN = r"""
contents:
  description: The value of every secret, and the text of every derived file, by its name.
  type: dict
  returned: success
  sample:
    redis_password: the password
    broker_url: redis://:the%20password@redis:6379/0
written:
  description: Names of the files whose content was written.
  type: list
  elements: str
  returned: success
  sample: [redis_password, broker_url]
"""

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.host.secret_store import (
    Derived,
    Secret,
    SecretError,
    apply,
    derive,
    settle,
)

SECRET = {
    "name": {"type": "str", "required": True},
    "kind": {"type": "str", "choices": ["password", "signing", "fernet", "text"], "default": "password"},
    "value": {"type": "str", "no_log": True},
    "owner": {"type": "int", "default": 0},
    "keep": {"type": "str", "default": ""},
    "variable": {"type": "str", "default": ""},
}

DERIVED = {
    "name": {"type": "str", "required": True},
    "template": {"type": "str", "required": True},
    "owner": {"type": "int", "default": 0},
}

ARGUMENTS = {
    "directory": {"type": "path", "required": True},
    "database_exists": {"type": "bool", "required": True},
    # The list holds names; the values inside are no_log on their own.
    "secrets": {"type": "list", "elements": "dict", "required": True, "no_log": False, "options": SECRET},
    "derived": {"type": "list", "elements": "dict", "default": [], "options": DERIVED},
}


def main() -> None:
    """Run the module."""
    module = AnsibleModule(argument_spec=ARGUMENTS, supports_check_mode=True)
    directory = module.params["directory"]
    wanted = [Secret(**{**entry, "value": entry["value"] or None}) for entry in module.params["secrets"]]
    try:
        outcomes = [settle(secret, directory, module.params["database_exists"]) for secret in wanted]
        values = {outcome.secret.name: outcome.value for outcome in outcomes}
        outcomes += [derive(Derived(**entry), values, directory) for entry in module.params["derived"]]
        if not module.check_mode:
            for outcome in outcomes:
                apply(outcome, directory)
    except (SecretError, OSError) as error:
        module.fail_json(msg=str(error))
    # exit_json would mask the values given by the inventory; the task that calls this is no_log and needs them.
    module.no_log_values = set()
    module.exit_json(
        changed=any(outcome.write or outcome.chown for outcome in outcomes),
        contents={outcome.secret.name: outcome.value for outcome in outcomes},
        written=[outcome.secret.name for outcome in outcomes if outcome.write],
    )


if __name__ == "__main__":
    main()
