"""Filter that checks the inputs of role airflow_dags on the controller; its code is in module_utils."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ansible_collections.ansible_airflow.airflow.plugins.module_utils.dag_check import policy
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.findings.finding import Finding, as_data
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.plan.problems.dags import dags_problems

SKIP = "airflow_dags_check_skip"


def problems(variables: Mapping[str, Any], inventories: Sequence[str]) -> list[Finding]:
    """Return what is wrong with the source of the DAGs, and with the rules that are disabled.

    Args:
        variables: ``airflow_dags_source``, ``airflow_dags_git`` and ``airflow_dags_check_skip``, by name.
        inventories: Inventory sources of the run; a relative path is looked up in their directories.
    """
    # The module's option is called skip.
    texts = [text.partition("skip: ")[2] for text in policy.problems(variables[SKIP])]
    return [*dags_problems(variables, inventories), *(Finding("dags-rule-invalid", SKIP, text) for text in texts)]


class FilterModule:
    """Ansible's entry point."""

    def filters(self) -> dict[str, Any]:
        """Return the filters, keyed by name."""
        return {"airflow_dags_problems": as_data(problems)}
