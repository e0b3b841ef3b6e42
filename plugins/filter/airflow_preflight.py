"""Filters that validate inputs and hosts before anything is changed; their code is in module_utils/plan/problems."""

from __future__ import annotations

from typing import Any

from ansible_collections.ansible_airflow.airflow.plugins.module_utils.findings.finding import as_data
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.plan.capacity import capacity
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.plan.problems.capacity import capacity_problems
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.plan.problems.cluster import cluster_problems
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.plan.problems.deployed import deployed_problems
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.plan.problems.distribution import (
    distribution_problems,
)
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.plan.problems.inputs import input_problems
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.plan.problems.release import change_problems
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.plan.problems.removal import removal_problems
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.plan.problems.restore import restore_problems


class FilterModule:
    """Ansible's entry point."""

    def filters(self) -> dict[str, Any]:
        """Return the filters, keyed by name."""
        return {
            "airflow_capacity": capacity,
            "airflow_capacity_problems": as_data(capacity_problems),
            "airflow_cluster_problems": as_data(cluster_problems),
            "airflow_deployed_problems": as_data(deployed_problems),
            "airflow_distribution_problems": distribution_problems,
            "airflow_problems": as_data(input_problems),
            "airflow_removal_problems": removal_problems,
            "airflow_restore_problems": restore_problems,
            "airflow_schema_problems": change_problems,
        }
