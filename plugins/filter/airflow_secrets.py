"""Filters for the secrets and certificates of a stack; their code is in module_utils/plan."""

from __future__ import annotations

from typing import Any

from ansible_collections.ansible_airflow.airflow.plugins.module_utils.plan.certificates import good, pem, readable
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.plan.secrets import (
    database_exists,
    derived,
    handed_on,
    read,
    wanted,
)


class FilterModule:
    """Ansible's entry point."""

    def filters(self) -> dict[str, Any]:
        """Return the filters, keyed by name."""
        return {
            "airflow_certificates_good": good,
            "airflow_certificates_readable": readable,
            "airflow_certificates_pem": pem,
            "airflow_database_exists": database_exists,
            "airflow_secrets_derived": derived,
            "airflow_secrets_handed_on": handed_on,
            "airflow_secrets_read": read,
            "airflow_secrets_wanted": wanted,
        }
