"""Airflow's connections as data: their fields, the form in which they are compared, and what of them is secret."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import unquote, urlsplit

from ansible_collections.ansible_airflow.airflow.plugins.module_utils.airflow_objects import texts

Connection = dict[str, Any]

# In the order of the web UI's form.
FIELDS = ("conn_type", "description", "host", "schema", "login", "password", "port", "extra")
SECRET_FIELDS = ("password", "extra", "uri")


def normal(fields: Mapping[str, Any]) -> Connection:
    """Return a connection in the one form in which it is compared.

    Empty text and an empty extra are None: Airflow's form, its URIs and its files store one or the other for the same
    thing. An extra is data if its text is JSON.

    :param fields: fields as the inventory gives them or as Airflow exports them; a missing one is None
    """
    result: Connection = {name: fields.get(name) for name in FIELDS}
    if isinstance(result["extra"], str):
        with contextlib.suppress(ValueError):
            result["extra"] = json.loads(result["extra"], parse_constant=_refuse)
    return {name: None if value in ("", {}) else value for name, value in result.items()}


def _refuse(constant: str) -> None:
    """Leave what is no JSON, such as NaN, to be compared as text."""
    raise ValueError(constant)


def stored(fields: Mapping[str, Any]) -> Connection:
    """Return a normal connection as Airflow stores it: its extra as text."""
    extra = fields["extra"]
    return {**fields, "extra": None if extra is None else json.dumps(extra, ensure_ascii=False)}


def secrets(entries: Sequence[Mapping[str, Any]]) -> set[str]:
    """Return the texts in a list of connections that no message may hold, except those too short to mean anything."""
    found: set[str] = set()
    for entry in entries:
        found.update(str(entry[name]) for name in ("password", "uri") if entry.get(name))
        found.update(texts(normal(entry)["extra"]))
        with contextlib.suppress(ValueError):
            password = urlsplit(entry.get("uri") or "").password or ""
            found.update((password, unquote(password)))
    return {text for text in found if len(text) > 3}
