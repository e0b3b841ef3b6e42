"""What is wrong with the secrets that the inventory gives."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ansible_collections.ansible_airflow.airflow.plugins.module_utils.host.secret_store import (
    Secret,
    SecretError,
    check_given,
)

# Variables that give secrets, and what they must be, see the module airflow_secrets. None has a default: where one is
# not set, the stack keeps or generates the secret.
SECRETS = {
    "airflow_admin_password": "password",
    "airflow_postgres_password": "password",
    "airflow_redis_password": "password",
    "airflow_fernet_key": "fernet",
    "airflow_webserver_secret_key": "password",
    "airflow_jwt_secret": "password",
    "airflow_ca_certificate": "text",
    "airflow_ca_key": "text",
}


def secret_problems(secrets: Mapping[str, Any]) -> list[str]:
    """Return what is wrong with the secrets that the inventory gives: an empty one is none, and nobody is told so.

    :param secrets: values by the names of the variables, of those only that are set
    """
    problems = []
    for name, value in secrets.items():
        if not str(value or "").strip():
            problems.append(
                f"{name}: is empty; remove the variable to have the stack's own kept or generated, or give a value."
            )
            continue
        try:
            check_given(Secret(name, SECRETS[name], str(value), variable=name))
        except SecretError as error:
            problems.append(f"{name}: {str(error).removeprefix(name).strip()}")
    return problems
