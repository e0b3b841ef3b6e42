"""Checks of the secrets that the inventory sets."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ansible_collections.ansible_airflow.airflow.plugins.module_utils.findings.finding import Finding
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.host.secret_store import (
    Secret,
    SecretError,
    check_given,
)

# Variables that set secrets, with the kind of each secret (see the module airflow_secrets). They have no defaults: if a
# variable is not set, the stack keeps or generates the secret.
SECRETS = {
    "airflow_admin_password": "password",
    "airflow_postgres_password": "password",
    "airflow_redis_password": "password",
    "airflow_fernet_key": "fernet",
    "airflow_webserver_secret_key": "password",
    "airflow_jwt_secret": "password",
    "airflow_backup_password": "password",
    "airflow_backup_ssh_key": "text",
    "airflow_ca_certificate": "text",
    "airflow_ca_key": "text",
}


def secret_problems(secrets: Mapping[str, Any]) -> list[Finding]:
    """Return what is wrong with the secrets that the inventory sets; an empty one would silently count as not set.

    Args:
        secrets: Values by variable name, only of variables that are set.
    """
    problems = []
    for name, value in secrets.items():
        if not str(value or "").strip():
            text = "is empty; set a value, or remove the variable so that the stack keeps or generates the secret."
            problems.append(Finding("secret-empty", name, text))
            continue
        try:
            check_given(Secret(name, SECRETS[name], str(value), variable=name))
        except SecretError as error:
            problems.append(Finding("secret-invalid", name, str(error).removeprefix(name).strip()))
    return problems
