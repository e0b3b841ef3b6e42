"""What the module airflow_variables adds to the way in which all kinds of objects are managed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from ansible_collections.ansible_airflow.airflow.plugins.module_utils import airflow_variable
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.airflow_manage import (
    PURGE_OPTIONS,
    STATE,
    Entries,
    Fields,
    Kind,
)
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.airflow_variable_problems import problems
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.inside import variables

VARIABLE = {
    "key": {"type": "str", "required": True, "no_log": False},
    "state": STATE,
    "value": {"type": "raw", "no_log": True},
    "description": {"type": "str"},
}


class VariableKind(Kind):
    """Variables, for the modules."""

    option = "variables"
    arguments: ClassVar = {
        # no_log for the whole list: see ConnectionKind.
        "variables": {"type": "list", "elements": "dict", "required": True, "no_log": True, "options": VARIABLE},
        **PURGE_OPTIONS,
    }
    key = "key"
    secret_fields = ("value",)
    program = variables

    def problems(self, entries: Entries) -> list[str]:
        """See Kind."""
        return problems(self.option, entries)

    def wanted(
        self,
        entries: Entries,
        report: Mapping[str, Any] | None,
        options: Mapping[str, Any],  # noqa: ARG002 - none matters here
    ) -> dict[str, Fields]:
        """Want each value as the text that is stored already, if that says the same."""
        found = report["objects"] if report else {}
        return {
            entry["key"]: airflow_variable.wanted(entry, found.get(entry["key"], {}).get("value")) for entry in entries
        }

    normal = staticmethod(airflow_variable.normal)
