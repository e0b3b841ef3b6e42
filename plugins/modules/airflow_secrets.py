#!/usr/bin/python
# Copyright: ansible-airflow contributors
# SPDX-License-Identifier: Apache-2.0
"""Ansible module: keep or generate the secrets of an Airflow stack."""

from __future__ import annotations

DOCUMENTATION = r"""
module: airflow_secrets
short_description: Keep or generate the secrets of an Airflow stack
description:
  - Determines the value of each secret of a stack and stores it in its own file, which only one user id can read.
  - O(secrets[].value) takes precedence. Without it, the value of an existing file is kept, and a random value is
    generated if there is no file.
  - All values are determined before the first file is written, so nothing is changed if a value is refused.
requirements:
  - python >= 3.9 on the host
options:
  directory:
    description: Directory of the files on the host. It must exist, except in check mode.
    type: path
    required: true
  database_exists:
    description:
      - Whether data exists that depends on these secrets. If so, missing secrets with O(secrets[].keep) are not
        generated.
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
          - C(password) is 32 random bytes as text, C(signing) is 64 random bytes as text, for signatures with HS512.
          - C(fernet) is a Fernet key for Airflow's encryption.
          - C(text) is any text, such as a certificate. It is never generated.
        type: str
        choices: [password, signing, fernet, text]
        default: password
      value:
        description: Value that the inventory sets. An empty string counts as not set.
        type: str
      owner:
        description: User id that may read the file.
        type: int
        default: 0
      keep:
        description:
          - Why an existing value must not simply change, and how to change it nevertheless, in sentences.
          - If set, an existing value is not replaced, and no value is generated if data exists. The error message ends
            with this text. If empty, the value may change.
        type: str
        default: ""
      variable:
        description: Name of the inventory variable, for messages.
        type: str
        default: ""
      regenerate:
        description: Whether a lost value is generated again although data exists and O(secrets[].keep) is set.
        type: bool
        default: false
  derived:
    description: Files whose content is composed from secrets, such as a URL with a password.
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
          - Text of the file. C({NAME}) inserts a secret, C({NAME:url}) escapes it for a URL, and C({NAME:redis}) for
            double quotes in redis.conf.
        type: str
        required: true
      owner:
        description: User id that may read the file.
        type: int
        default: 0
author: ansible-airflow maintainers (@ansible-airflow)
notes:
  - The result contains the values, so register it only in a task with C(no_log).
attributes:
  check_mode:
    support: full
    description: Generates random values only in memory and writes nothing.
  diff_mode:
    support: none
    description: Secrets are not shown.
"""

EXAMPLES = r"""
- name: Keep or generate two secrets
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
  description: Value of each secret and text of each derived file, by name.
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
    "regenerate": {"type": "bool", "default": False},
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
    # exit_json would mask the values from the inventory. The calling task needs them and has no_log.
    module.no_log_values = set()
    module.exit_json(
        changed=any(outcome.write or outcome.chown for outcome in outcomes),
        contents={outcome.secret.name: outcome.value for outcome in outcomes},
        written=[outcome.secret.name for outcome in outcomes if outcome.write],
    )


if __name__ == "__main__":
    main()
