"""What the module airflow_connections adds to the way in which all kinds of objects are managed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from ansible_collections.ansible_airflow.airflow.plugins.module_utils import airflow_connection
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.airflow_connection_problems import problems
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.airflow_manage import (
    PURGE_OPTIONS,
    STATE,
    Entries,
    Fields,
    Kind,
    RefusedError,
)
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.inside import connections

CONNECTION = {
    "conn_id": {"type": "str", "required": True},
    "state": STATE,
    "conn_type": {"type": "str"},
    "description": {"type": "str"},
    "host": {"type": "str"},
    "schema": {"type": "str"},
    "login": {"type": "str"},
    "password": {"type": "str", "no_log": True},
    "port": {"type": "int"},
    "extra": {"type": "raw", "no_log": True},
    "uri": {"type": "str", "no_log": True},
}


class ConnectionKind(Kind):
    """Connections, for the modules."""

    option = "connections"
    arguments: ClassVar = {
        # no_log for the whole list, as Ansible writes a module's options into the host's journal when it starts, and
        # would look there for the text of a secret, not for its escaped form inside a list.
        "connections": {"type": "list", "elements": "dict", "required": True, "no_log": True, "options": CONNECTION},
        **PURGE_OPTIONS,
        "allow_unknown_types": {"type": "bool", "default": False},
    }
    key = "conn_id"
    secret_fields = airflow_connection.SECRET_FIELDS
    program = connections

    def problems(self, entries: Entries) -> list[str]:
        """See Kind."""
        return problems(self.option, entries)

    def question(self, entries: Entries) -> dict[str, Any]:
        """Ask what this Airflow reads from the URIs, and which of the types it does not know."""
        return {
            "uris": {entry["conn_id"]: entry["uri"] for entry in entries if entry["uri"]},
            "types": [entry["conn_type"] for entry in entries if entry["conn_type"]],
        }

    def wanted(
        self, entries: Entries, report: Mapping[str, Any] | None, options: Mapping[str, Any]
    ) -> dict[str, Fields]:
        """Take URIs as Airflow reads them; without Airflow leave them as they are."""
        if report is None:
            return {entry["conn_id"]: {**airflow_connection.normal(entry), "uri": entry["uri"]} for entry in entries}
        given = {entry["conn_id"]: {**entry, **report["parsed"].get(entry["conn_id"], {})} for entry in entries}
        refused = [
            f"connections, {name!r}: Airflow cannot read the uri ({fields['error']}); write it as fields."
            for name, fields in given.items()
            if "error" in fields
        ]
        refused += [
            f"connections, {name!r}: no installed provider knows conn_type {fields['conn_type']!r}; write one of "
            f"{', '.join(report['known_types'])}, or set allow_unknown_types for a hook of your own."
            for name, fields in given.items()
            if fields["conn_type"] in report["unknown_types"] and not options["allow_unknown_types"]
        ]
        if refused:
            raise RefusedError(refused)
        return {name: airflow_connection.normal(fields) for name, fields in given.items()}

    normal = staticmethod(airflow_connection.normal)
    stored = staticmethod(airflow_connection.stored)
    secrets = staticmethod(airflow_connection.secrets)
