"""Filters that build the plan of a stack; their code is in module_utils/plan."""

from __future__ import annotations

from typing import Any

from ansible_collections.ansible_airflow.airflow.plugins.module_utils.plan.found import found
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.plan.plan import first_step, second_step
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.plan.topology import keeper
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.plan.upgrade import upgrade


class FilterModule:
    """Ansible's entry point."""

    def filters(self) -> dict[str, Any]:
        """Return the filters, keyed by name."""
        return {
            "airflow_found": found,
            "airflow_keeper": keeper,
            "airflow_plan": first_step,
            "airflow_plan_settled": second_step,
            "airflow_upgrade": upgrade,
        }
