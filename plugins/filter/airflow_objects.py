"""Filters of role airflow_objects that validate and complete its lists before anything is changed.

Their code is in module_utils/objects.
"""

from __future__ import annotations

from typing import Any

from ansible_collections.ansible_airflow.airflow.plugins.module_utils.findings.finding import as_data
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.objects.wanted import (
    names_wanted,
    object_problems,
    objects_resolved,
    secrets_needed,
)


class FilterModule:
    """Ansible's entry point."""

    def filters(self) -> dict[str, Any]:
        """Return the filters, keyed by name."""
        return {
            "airflow_object_problems": as_data(object_problems),
            "airflow_objects_resolved": objects_resolved,
            "airflow_secrets_needed": secrets_needed,
            "airflow_wanted": names_wanted,
        }
