"""Filters of role airflow_backup; their code is in module_utils/plan/backup.py."""

from __future__ import annotations

from typing import Any

from ansible_collections.ansible_airflow.airflow.plugins.module_utils.plan.backup import (
    backup_calendars,
    backup_settings,
)


class FilterModule:
    """Ansible's entry point."""

    def filters(self) -> dict[str, Any]:
        """Return the filters, keyed by name."""
        return {"airflow_backup_calendars": backup_calendars, "airflow_backup_settings": backup_settings}
