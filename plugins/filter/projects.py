"""Filters of role projects; their code is in module_utils/projects."""

from __future__ import annotations

from typing import Any

from ansible_collections.ansible_airflow.airflow.plugins.module_utils.findings.finding import as_data
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.projects.images import (
    archive_note,
    archive_record,
    projects_image_work,
    projects_images,
)
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.projects.plan import projects_plan, projects_work
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.projects.problems import projects_problems


class FilterModule:
    """Ansible's entry point."""

    def filters(self) -> dict[str, Any]:
        """Return the filters, keyed by name."""
        return {
            "projects_archive_note": archive_note,
            "projects_archive_record": archive_record,
            "projects_image_work": projects_image_work,
            "projects_images": projects_images,
            "projects_plan": projects_plan,
            "projects_problems": as_data(projects_problems),
            "projects_work": projects_work,
        }
