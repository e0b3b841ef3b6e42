"""Filters about the types of variables; their code is in module_utils/findings/argument_types.py."""

from __future__ import annotations

from typing import Any

from ansible_collections.ansible_airflow.airflow.plugins.module_utils.findings.argument_types import (
    type_problems,
    typed,
)
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.findings.finding import as_data


class FilterModule:
    """Ansible's entry point."""

    def filters(self) -> dict[str, Any]:
        """Return the filters, keyed by name."""
        return {"type_problems": as_data(type_problems), "typed": typed}
