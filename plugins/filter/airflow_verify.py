"""Filters that evaluate results of the module airflow_info; their code is in module_utils/plan/verification.py."""

from __future__ import annotations

from typing import Any

from ansible_collections.ansible_airflow.airflow.plugins.module_utils.plan.verification import findings_of, summary


class FilterModule:
    """Ansible's entry point."""

    def filters(self) -> dict[str, Any]:
        """Return the filters, keyed by name."""
        return {"airflow_findings": findings_of, "airflow_summary": summary}
