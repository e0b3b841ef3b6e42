"""Filters that tell how to reach Airflow's database and broker; their code is in module_utils/plan/servers.py."""

from __future__ import annotations

from typing import Any

from ansible_collections.ansible_airflow.airflow.plugins.module_utils.plan.servers import postgres_login


class FilterModule:
    """Ansible's entry point."""

    def filters(self) -> dict[str, Any]:
        """Return the filters by name."""
        return {"airflow_postgres_login": postgres_login}
