"""Filters that compare wanted files and directories with a host's; their code is in module_utils/host/paths.py."""

from __future__ import annotations

from typing import Any

from ansible_collections.ansible_airflow.airflow.plugins.module_utils.host.paths import copies, differing


class FilterModule:
    """Ansible's entry point."""

    def filters(self) -> dict[str, Any]:
        """Return the filters by name."""
        return {"copied_files": copies, "differing_paths": differing}
