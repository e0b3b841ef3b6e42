"""Filters of role airflow_watch; their code is in module_utils."""

from __future__ import annotations

from typing import Any

from ansible_collections.ansible_airflow.airflow.plugins.module_utils.plan.firewall import firewall_table
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.plan.watch import watch_checks


class FilterModule:
    """Ansible's entry point."""

    def filters(self) -> dict[str, Any]:
        """Return the filters, keyed by name."""
        return {
            "airflow_firewall_table": firewall_table,
            "airflow_watch_checks": watch_checks,
        }
