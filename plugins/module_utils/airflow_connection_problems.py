"""What is wrong with a list of connections, as far as the list alone can tell.

Used by the module airflow_connections, and by the filters of role airflow_objects before anything is changed.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import urlsplit

from ansible_collections.ansible_airflow.airflow.plugins.module_utils import airflow_listed
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.airflow_connection import FIELDS
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.airflow_objects import canonical

# What Airflow accepts since release 2.8; 2.5 takes anything, and would keep what later releases refuse.
ID = re.compile(r"[\w#!()\-.:/\\]{1,200}", re.ASCII)

# Widths of the columns in Airflow's database.
LONGEST = {"conn_type": 500, "host": 500, "schema": 500, "login": 500}
# The column has room for 5000 characters of the encrypted password, which is longer than the password.
LONGEST_PASSWORD = 3600


def given(entry: Mapping[str, Any]) -> list[str]:
    """Return the names of the fields that an entry of the inventory sets."""
    return [name for name in FIELDS if entry.get(name) not in (None, "", {})]


def problems(where: str, entries: Sequence[Mapping[str, Any]]) -> list[str]:
    """Return what is wrong with a list of connections, a sentence each, without values of secrets.

    :param where: name of the variable or option, for the sentences
    :param entries: dicts with ``conn_id``, ``state``, ``uri`` and the fields
    """
    return airflow_listed.problems(where, entries, "conn_id", _entry_problems)


def _entry_problems(entry: Mapping[str, Any]) -> list[str]:
    if entry.get("state", "present") == "absent":
        # Whatever else it says: to change only the state is the natural way to remove a connection.
        return [] if str(entry["conn_id"]) else ["conn_id is empty; write the id of the connection."]
    texts = []
    if not ID.fullmatch(str(entry["conn_id"])):
        texts.append(
            "conn_id must be 1 to 200 letters, digits and characters of _ - . : / \\ # ! ( ); choose another one."
        )
    if entry.get("uri"):
        texts += _uri_problems(entry)
    elif not entry.get("conn_type"):
        texts.append("conn_type is missing; write one, such as postgres or http, or give a uri.")
    return texts + _field_problems(entry) + _extra_problems(entry.get("extra"))


def _uri_problems(entry: Mapping[str, Any]) -> list[str]:
    """Check a URI as far as all releases of Airflow agree on it."""
    texts = []
    besides = [name for name in given(entry) if name != "description"]
    if besides:
        texts.append(f"uri excludes {', '.join(besides)}; write these into the URI, or fields only.")
    try:
        _ = urlsplit(entry["uri"]).port
        valid = bool(re.match(r"[A-Za-z][A-Za-z0-9+.-]*://", entry["uri"]))
    except ValueError:
        valid = False
    if not valid:
        texts.append(
            "uri is not valid; write TYPE://LOGIN:PASSWORD@HOST:PORT/SCHEMA?KEY=VALUE, special characters as %XX."
        )
    return texts


def _field_problems(entry: Mapping[str, Any]) -> list[str]:
    texts = []
    port = entry.get("port")
    if port not in (None, "") and not (re.fullmatch(r"[0-9]+", str(port)) and int(port) <= 65535):
        texts.append(f"port {port} is not one; write a number from 0 to 65535.")
    for name, longest in LONGEST.items():
        if len(str(entry.get(name) or "")) > longest:
            texts.append(f"{name} is longer than the {longest} characters that Airflow stores; shorten it.")
    if len(str(entry.get("password") or "").encode()) > LONGEST_PASSWORD:
        texts.append(f"password is longer than {LONGEST_PASSWORD} bytes; put it into extra, which has no limit.")
    return texts + airflow_listed.zeros(entry, (*FIELDS, "uri"))


def _extra_problems(extra: object) -> list[str]:
    if extra in (None, ""):
        return []
    wanted = "write a dict, or the text of a JSON object."
    if isinstance(extra, str):
        try:
            extra = json.loads(extra)
        except ValueError:
            return [f"extra is text that is not JSON; {wanted}"]
    if not isinstance(extra, Mapping):
        return [f"extra is JSON, but not an object; {wanted}"]
    try:
        canonical(extra)
    except (TypeError, ValueError):
        return [f"extra holds a value that JSON cannot express, such as .nan; {wanted}"]
    return []
