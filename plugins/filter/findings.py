"""Filters for the names and values of a role's variables; their code is in module_utils/findings."""

from __future__ import annotations

from typing import Any

from ansible_collections.ansible_airflow.airflow.plugins.module_utils.findings.finding import as_data
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.findings.names import misspelt_problems
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.findings.values import typed


class FilterModule:
    """Ansible's entry point."""

    def filters(self) -> dict[str, Any]:
        """Return the filters, keyed by name."""
        return {"misspelt": as_data(misspelt_problems), "typed": typed}
