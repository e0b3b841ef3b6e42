"""What the module airflow_pools adds to the way in which all kinds of objects are managed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from ansible_collections.ansible_airflow.airflow.plugins.module_utils.airflow_manage import (
    PURGE_OPTIONS,
    STATE,
    Entries,
    Fields,
    Kind,
    RefusedError,
)
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.airflow_pool_problems import DEFAULT, problems
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.inside import pools

POOL = {
    "name": {"type": "str", "required": True},
    "state": STATE,
    "slots": {"type": "int"},
    "description": {"type": "str"},
    "include_deferred": {"type": "bool", "default": False},
}


class PoolKind(Kind):
    """Pools, for the modules."""

    option = "pools"
    arguments: ClassVar = {
        "pools": {"type": "list", "elements": "dict", "required": True, "options": POOL},
        **PURGE_OPTIONS,
    }
    key = "name"
    secret_fields = ()
    permanent = (DEFAULT,)
    program = pools

    def problems(self, entries: Entries) -> list[str]:
        """See Kind."""
        return problems(self.option, entries)

    def wanted(
        self,
        entries: Entries,
        report: Mapping[str, Any] | None,
        options: Mapping[str, Any],  # noqa: ARG002 - none matters here
    ) -> dict[str, Fields]:
        """Want include_deferred only where the release has it; without Airflow, where it is asked for."""
        asking = [entry for entry in entries if entry["include_deferred"]]
        if report and asking and not report["include_deferred"]:
            raise RefusedError(
                [
                    f"pools, {entry['name']!r}: this release of Airflow has no include_deferred, which came with 2.7; "
                    "remove it."
                    for entry in asking
                ]
            )
        known = report and report["include_deferred"]
        return {
            entry["name"]: self.normal(
                {**entry, "include_deferred": entry["include_deferred"] if known else entry["include_deferred"] or None}
            )
            for entry in entries
        }

    def normal(self, fields: Fields) -> Fields:
        """Return a pool with an empty description as None, and None for a field that the release does not have."""
        return {
            "slots": fields["slots"],
            "description": fields["description"] or None,
            "include_deferred": fields.get("include_deferred"),
        }

    def stored(self, fields: Fields) -> Fields:
        """Leave out what the release does not have: its command refuses a pool with other fields."""
        return {name: value for name, value in fields.items() if name != "include_deferred" or value is not None}
