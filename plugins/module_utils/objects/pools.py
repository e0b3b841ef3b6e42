"""Airflow's pools: argument spec, validation and comparison."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, ClassVar

from ansible_collections.ansible_airflow.airflow.plugins.module_utils.findings.finding import Finding
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.inside import pools as program
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.objects.entries import problem, zeros
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.objects.kind import (
    PURGE_OPTIONS,
    STATE,
    Entries,
    Entry,
    Fields,
    Kind,
    RefusedError,
)

POOL = {
    "name": {"type": "str", "required": True},
    "state": STATE,
    "slots": {"type": "int"},
    "description": {"type": "str"},
    "include_deferred": {"type": "bool", "default": False},
}
# The pool of all tasks that do not name one.
DEFAULT = "default_pool"

# Width of the column for names in Airflow's database, and the largest number in an integer column.
LONGEST_NAME = 256
MOST_SLOTS = 2**31 - 1


class PoolKind(Kind):
    """Pools."""

    option = "pools"
    arguments: ClassVar = {
        "pools": {"type": "list", "elements": "dict", "required": True, "options": POOL},
        **PURGE_OPTIONS,
    }
    key = "name"
    example = "news_api"
    secret_fields = ()
    permanent = (DEFAULT,)
    program = program

    def entry_problems(self, entry: Entry) -> list[Finding]:
        """See Kind."""
        name = entry["name"]
        if entry.get("state", "present") == "absent":
            if name == DEFAULT:
                text = "Airflow cannot run without this pool; remove the entry, or list its slots without a state."
                return problem("pool-permanent", text)
            # Ignore other keys: changing only the state is the natural way to remove a pool.
            return [] if name else problem("object-name-invalid", "name is empty; write the name of the pool.")
        found = []
        if not name.strip() or len(name) > LONGEST_NAME:
            text = f"name must be 1 to {LONGEST_NAME} characters, not only spaces; choose another one."
            found += problem("object-name-invalid", text)
        return found + _slots_problems(entry.get("slots")) + zeros(entry, ("name", "description"))

    def wanted(
        self,
        entries: Entries,
        report: Mapping[str, Any] | None,
        options: Mapping[str, Any],  # noqa: ARG002 - none matters here
    ) -> dict[str, Fields]:
        """Set include_deferred only if the release has it; without a running Airflow, only if it is true."""
        asking = [entry for entry in entries if entry["include_deferred"]]
        if report and asking and not report["include_deferred"]:
            raise RefusedError(
                [
                    f"pools, {entry['name']!r}: this release of Airflow has no include_deferred, which was added in "
                    "2.7; remove it."
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
        """Leave out a field that the release does not have: its command refuses pools with unknown fields."""
        return {name: value for name, value in fields.items() if name != "include_deferred" or value is not None}


def _slots_problems(slots: object) -> list[Finding]:
    instead = f"write a number from 0 to {MOST_SLOTS}, or -1 for no limit."
    if slots is None:
        return problem("pool-slots-invalid", f"slots is missing; {instead}")
    if not re.fullmatch(r"-?[0-9]+", str(slots)) or not -1 <= int(str(slots)) <= MOST_SLOTS:
        return problem("pool-slots-invalid", f"slots {slots} is invalid; {instead}")
    return []
