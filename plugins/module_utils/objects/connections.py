"""Airflow's connections: argument spec, validation and comparison."""

from __future__ import annotations

import contextlib
import json
import re
from collections.abc import Mapping
from typing import Any, ClassVar
from urllib.parse import unquote, urlsplit

from ansible_collections.ansible_airflow.airflow.plugins.module_utils.findings.finding import Finding
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.inside import connections as program
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.objects.entries import problem, too_long, zeros
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.objects.kind import (
    PURGE_OPTIONS,
    STATE,
    Entries,
    Entry,
    Fields,
    Kind,
    RefusedError,
)
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.objects.plan import canonical, texts

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
# In the order of the web UI's form.
FIELDS = ("conn_type", "description", "host", "schema", "login", "password", "port", "extra")

# Ids that Airflow accepts since release 2.8; 2.5 accepts anything, even ids that later releases refuse.
ID = re.compile(r"[\w#!()\-.:/\\]{1,200}", re.ASCII)
# Widths of the columns in Airflow's database.
LONGEST = {"conn_type": 500, "host": 500, "schema": 500, "login": 500}
# The column has room for 5000 characters of the encrypted password, which is longer than the password.
LONGEST_PASSWORD = 3600


class ConnectionKind(Kind):
    """Connections."""

    option = "connections"
    arguments: ClassVar = {
        "connections": {"type": "list", "elements": "dict", "required": True, "no_log": True, "options": CONNECTION},
        **PURGE_OPTIONS,
        "allow_unknown_types": {"type": "bool", "default": False},
    }
    key = "conn_id"
    example = "feeds_api"
    secret_fields = ("password", "extra", "uri")
    program = program

    def entry_problems(self, entry: Entry) -> list[Finding]:
        """See Kind."""
        if entry.get("state", "present") == "absent":
            # Ignore other keys: changing only the state is the natural way to remove a connection.
            empty = problem("object-name-invalid", "conn_id is empty; write the id of the connection.")
            return [] if str(entry["conn_id"]) else empty
        found = []
        if not ID.fullmatch(str(entry["conn_id"])):
            text = (
                "conn_id must be 1 to 200 letters, digits and characters of _ - . : / \\ # ! ( ); choose another one."
            )
            found += problem("object-name-invalid", text)
        if entry.get("uri"):
            found += _uri_problems(entry)
        elif not entry.get("conn_type"):
            text = "conn_type is missing; write one, such as postgres or http, or give a uri."
            found += problem("connection-type-missing", text)
        return found + _field_problems(entry) + _extra_problems(entry.get("extra"))

    def question(self, entries: Entries) -> dict[str, Any]:
        """Ask how this Airflow parses the URIs, and which of the types it does not know."""
        return {
            "uris": {entry["conn_id"]: entry["uri"] for entry in entries if entry["uri"]},
            "types": [entry["conn_type"] for entry in entries if entry["conn_type"]],
        }

    def wanted(
        self, entries: Entries, report: Mapping[str, Any] | None, options: Mapping[str, Any]
    ) -> dict[str, Fields]:
        """Replace URIs by the fields that Airflow parses from them; without a running Airflow keep the URIs."""
        if report is None:
            return {entry["conn_id"]: {**self.normal(entry), "uri": entry["uri"]} for entry in entries}
        given = {entry["conn_id"]: {**entry, **report["parsed"].get(entry["conn_id"], {})} for entry in entries}
        refused = [
            f"connections, {name!r}: Airflow cannot parse the uri ({fields['error']}); write fields instead."
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
        return {name: self.normal(fields) for name, fields in given.items()}

    def normal(self, fields: Fields) -> dict[str, Any]:
        """Return a connection in the form used for comparison.

        Empty text and an empty extra become None: Airflow's form, its URIs and its files store one or the other for the
        same value. An extra whose text is JSON becomes data.
        """
        result = {name: fields.get(name) for name in FIELDS}
        if isinstance(result["extra"], str):
            with contextlib.suppress(ValueError):
                result["extra"] = json.loads(result["extra"], parse_constant=_refuse)
        return {name: None if value in ("", {}) else value for name, value in result.items()}

    def stored(self, fields: Fields) -> dict[str, Any]:
        """Return a normalized connection as Airflow stores it: with its extra as text."""
        extra = fields["extra"]
        return {**fields, "extra": None if extra is None else json.dumps(extra, ensure_ascii=False)}

    def secrets(self, entries: Entries) -> set[str]:
        """See Kind; the password of a URI is a secret by itself too."""
        found: set[str] = set()
        for entry in entries:
            found.update(str(entry[name]) for name in ("password", "uri") if entry.get(name))
            found.update(texts(self.normal(entry)["extra"]))
            with contextlib.suppress(ValueError):
                password = urlsplit(entry.get("uri") or "").password or ""
                found.update((password, unquote(password)))
        return {text for text in found if len(text) > 3}


def _refuse(constant: str) -> None:
    """Reject constants that are not JSON, such as NaN, so that the extra is compared as text."""
    raise ValueError(constant)


def _uri_problems(entry: Entry) -> list[Finding]:
    """Check a URI as far as all releases of Airflow agree on it."""
    found = []
    besides = [name for name in FIELDS if entry.get(name) not in (None, "", {}) and name != "description"]
    if besides:
        text = f"uri excludes the fields {', '.join(besides)}; write them into the URI, or use only fields."
        found += problem("connection-uri-and-fields", text)
    try:
        _ = urlsplit(entry["uri"]).port
        valid = bool(re.match(r"[A-Za-z][A-Za-z0-9+.-]*://", entry["uri"]))
    except ValueError:
        valid = False
    if not valid:
        text = "uri is not valid; write TYPE://LOGIN:PASSWORD@HOST:PORT/SCHEMA?KEY=VALUE, special characters as %XX."
        found += problem("connection-uri-invalid", text)
    return found


def _field_problems(entry: Entry) -> list[Finding]:
    found = []
    port = entry.get("port")
    if port not in (None, "") and not (re.fullmatch(r"[0-9]+", str(port)) and int(port) <= 65535):
        found += problem("connection-port-invalid", f"port {port} is invalid; write a number from 0 to 65535.")
    found += too_long(entry, LONGEST)
    if len(str(entry.get("password") or "").encode()) > LONGEST_PASSWORD:
        text = f"password is longer than {LONGEST_PASSWORD} bytes; put it into extra, which has no limit."
        found += problem("field-too-long", text)
    return found + zeros(entry, (*FIELDS, "uri"))


def _extra_problems(extra: object) -> list[Finding]:
    if extra in (None, ""):
        return []
    wanted = "write a dict, or the text of a JSON object."
    if isinstance(extra, str):
        try:
            extra = json.loads(extra)
        except ValueError:
            return problem("connection-extra-invalid", f"extra is text that is not JSON; {wanted}")
    if not isinstance(extra, Mapping):
        return problem("connection-extra-invalid", f"extra is JSON, but not an object; {wanted}")
    try:
        canonical(extra)
    except (TypeError, ValueError):
        text = f"extra holds a value that JSON cannot express, such as .nan; {wanted}"
        return problem("connection-extra-invalid", text)
    return []
