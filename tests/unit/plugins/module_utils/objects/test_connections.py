"""Connections as data: the form in which they are compared, their problems, their secrets."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.objects.connections import FIELDS, ConnectionKind
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.objects.kind import RefusedError

KIND = ConnectionKind()
NONE = dict.fromkeys(FIELDS)


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({}, {}),
        ({"host": "", "login": "", "password": "", "extra": ""}, {}),
        ({"extra": {}}, {}),
        ({"extra": "{}"}, {}),
        ({"extra": "null"}, {}),
        ({"extra": "[]"}, {"extra": []}),
        ({"extra": "0"}, {"extra": 0}),
        ({"extra": '{"b": 1, "a": [1.0]}'}, {"extra": {"a": [1.0], "b": 1}}),
        ({"extra": "not json"}, {"extra": "not json"}),
        ({"extra": '{"a": NaN}'}, {"extra": '{"a": NaN}'}),
        ({"port": 0}, {"port": 0}),
        ({"conn_id": "a", "state": "present", "uri": "x"}, {}),
    ],
)
def test_normal_form(fields: dict[str, Any], expected: dict[str, Any]) -> None:
    assert KIND.normal(fields) == {**NONE, **expected}


@pytest.mark.parametrize("extra", [None, {"a": 1}, {"ü": ["{{ x }}", None, True, 1.5]}, {"k": 'quotes " and \n'}])
def test_stored_fields_are_read_back_unchanged(extra: Any) -> None:
    fields = KIND.normal({"conn_type": "http", "extra": extra})
    assert KIND.normal(KIND.stored(fields)) == fields
    assert KIND.stored(fields)["extra"] is None or isinstance(KIND.stored(fields)["extra"], str)


GOOD: list[dict[str, Any]] = [
    {"conn_id": "a", "conn_type": "http"},
    {"conn_id": "a/b\\c.d-e:f#g!(h)_1", "conn_type": "http", "port": 0},
    {"conn_id": "b", "conn_type": "http", "port": "65535", "extra": '{"a": 1}'},
    {"conn_id": "c", "uri": "google-cloud-platform://?extra__project=x", "description": "d"},
    {"conn_id": "d", "uri": "postgres://u:p%40@h:0/s?x=1", "host": None, "extra": {}},
    {"conn_id": "any thing at all", "state": "absent", "port": 70000, "uri": "x", "host": "y"},
    {"conn_id": "e", "conn_type": "http", "password": "p" * 3600, "host": "h" * 500, "extra": {"a": "x" * 10**5}},
]


def test_valid_connections_have_no_problem() -> None:
    assert KIND.problems(GOOD) == []


@pytest.mark.parametrize(
    ("entry", "expected"),
    [
        ({"conn_id": "x y"}, "conn_id must be 1 to 200 letters"),
        ({"conn_id": "ü"}, "conn_id must be"),
        ({"conn_id": ""}, "conn_id must be"),
        ({"conn_id": "a\n"}, "conn_id must be"),
        ({"conn_id": "a" * 201}, "conn_id must be"),
        ({"conn_id": "", "state": "absent"}, "conn_id is empty"),
        ({"conn_type": None}, "conn_type is missing; write one, such as postgres"),
        ({"port": -1}, "port -1 is invalid; write a number from 0 to 65535"),
        ({"port": 65536}, "port 65536 is invalid"),
        ({"port": "http"}, "port http is invalid"),
        ({"port": True}, "port True is invalid"),
        ({"host": "h" * 501}, "host is longer than the 500 characters"),
        ({"password": "ü" * 1801}, "password is longer than 3600 bytes; put it into extra"),
        ({"login": "a\0b"}, "login holds a NUL character"),
        ({"extra": "secret-text"}, "extra is text that is not JSON; write a dict"),
        ({"extra": "[1]"}, "extra is JSON, but not an object"),
        ({"extra": ["secret-text"]}, "extra is JSON, but not an object"),
        ({"extra": {"a": float("nan")}}, "extra holds a value that JSON cannot express"),
        ({"extra": {"a": {"secret-text"}}}, "extra holds a value that JSON cannot express"),
        ({"uri": "http://h", "host": "x", "port": 0}, "uri excludes the fields conn_type, host, port"),
        ({"uri": "secret-text", "conn_type": None}, "uri is not valid; write TYPE://"),
        ({"uri": "//secret-text", "conn_type": None}, "uri is not valid"),
        ({"uri": "http://secret-text:99999/", "conn_type": None}, "uri is not valid"),
        ({"uri": "http://u:secret-text[x@h", "conn_type": None}, "uri is not valid"),
    ],
)
def test_an_invalid_connection_has_a_problem(entry: dict[str, Any], expected: str) -> None:
    (sentence,) = KIND.problems([{"conn_id": "c", "conn_type": "http", **entry}], "the_list")
    assert sentence.startswith(f"the_list, {entry.get('conn_id', 'c')!r}: ")
    assert expected in sentence
    assert sentence.endswith(".")
    assert "secret-text" not in sentence


def test_all_problems_are_reported() -> None:
    entries = [{"conn_id": "c"}, {"conn_id": "c", "conn_type": "x", "port": -1}, {"conn_id": "c", "state": "absent"}]
    assert [text.split("; ")[0] for text in KIND.problems(entries, "v")] == [
        "v: 'c' is listed 3 times",
        "v, 'c': conn_type is missing",
        "v, 'c': port -1 is invalid",
    ]


ENTRY = {"conn_id": "c", "host": "h", "password": "password", "extra": {"a": ["deep text", 5, "abc"]}, "uri": None}


def test_secrets_are_found() -> None:
    uri = "http://login:p%40ssword@host/"
    found = KIND.secrets([ENTRY, {"conn_id": "u", "uri": uri}, {"conn_id": "t", "extra": '{"k": "in text"}'}])
    assert found == {"password", "deep text", uri, "p%40ssword", "p@ssword", "in text"}


def test_redacted_keeps_fields_that_are_not_secret() -> None:
    hidden = "VALUE_SPECIFIED_IN_NO_LOG_PARAMETER"
    assert KIND.redacted([ENTRY]) == [{"conn_id": "c", "host": "h", "password": hidden, "extra": hidden, "uri": None}]


EMPTY = {**NONE, "uri": None}
REPORT = {"parsed": {}, "unknown_types": ["odd"], "known_types": ["http", "postgres"]}


def test_wanted_uses_the_fields_that_airflow_parsed_from_a_uri() -> None:
    entry = {**EMPTY, "conn_id": "u", "uri": "postgresql://h", "description": "d"}
    parsed = {**NONE, "conn_type": "postgres", "host": "h", "extra": '{"a": "b"}'}
    parsed.pop("description")
    wanted = KIND.wanted([entry], {**REPORT, "parsed": {"u": parsed}}, {"allow_unknown_types": False})
    assert wanted == {"u": {**NONE, "conn_type": "postgres", "host": "h", "extra": {"a": "b"}, "description": "d"}}


def test_wanted_refuses_unreadable_uris_and_unknown_types() -> None:
    entries = [
        {**EMPTY, "conn_id": "u", "uri": "x://find-me"},
        {**EMPTY, "conn_id": "t", "conn_type": "odd"},
        {**EMPTY, "conn_id": "g", "conn_type": "http"},
    ]
    report = {**REPORT, "parsed": {"u": {"error": "ValueError"}}}
    with pytest.raises(RefusedError) as caught:
        KIND.wanted(entries, report, {"allow_unknown_types": False})
    assert caught.value.problems == [
        "connections, 'u': Airflow cannot parse the uri (ValueError); write fields instead.",
        "connections, 't': no installed provider knows conn_type 'odd'; write one of http, postgres, or set "
        "allow_unknown_types for a hook of your own.",
    ]
    assert list(KIND.wanted(entries[1:], report, {"allow_unknown_types": True})) == ["t", "g"]


def test_wanted_without_airflow_leaves_uris_alone() -> None:
    entry = {**EMPTY, "conn_id": "u", "uri": "http://h"}
    assert KIND.wanted([entry], None, {}) == {"u": {**NONE, "uri": "http://h"}}
