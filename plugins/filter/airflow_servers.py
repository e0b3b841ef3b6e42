"""Filter that returns the login options of Airflow's database; its code is in module_utils/plan/servers.py."""

from __future__ import annotations

from typing import Any

from ansible_collections.ansible_airflow.airflow.plugins.module_utils.plan.servers import postgres_login


class FilterModule:
    """Ansible's entry point."""

    def filters(self) -> dict[str, Any]:
        """Return the filters, keyed by name."""
        return {"airflow_postgres_login": postgres_login}
