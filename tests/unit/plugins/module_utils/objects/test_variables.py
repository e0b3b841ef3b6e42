"""Variables as data: how a value is stored and compared, and the problems of a list of variables."""

from __future__ import annotations

import datetime
import json
from typing import Any

import pytest
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.objects.variables import VariableKind, says, text

KIND = VariableKind()


@pytest.mark.parametrize("value", ["", "1", " true", '{"b": 1, "a": 2}', "ü\n", '"'])
def test_text_is_stored_as_it_is(value: str) -> None:
    assert text(value, None) == value
    assert text(value, '{"a": 2, "b": 1}') == value


@pytest.mark.parametrize("value", [1, 1.0, True, False, 0, [], {}, {"ü": [None, {"b": "1", "a": -1.5}]}, 10**30])
def test_data_are_stored_as_json(value: Any) -> None:
    stored = text(value, None)
    assert json.loads(stored) == value
    assert type(json.loads(stored)) is type(value)
    assert "\\u" not in stored
    assert says(stored, value)


@pytest.mark.parametrize(
    ("stored", "value", "same"),
    [
        ('{"b": 1, "a": 2}', {"a": 2, "b": 1}, True),
        (" [1 ,2]\n", [1, 2], True),
        ('"\\u00fc"', "ü", True),
        ("1", 1, True),
        ("1.0", 1, False),
        ("1", 1.0, False),
        ("true", 1, False),
        ('"1"', 1, False),
        ("[2, 1]", [1, 2], False),
        ("null", False, False),
        ("", {}, False),
        ("NaN", 1, False),
        ("1e999", 1, False),
        ("[" * 100_000, [], False),
    ],
)
def test_stored_text_is_compared_as_data(stored: str, value: Any, same: bool) -> None:
    assert says(stored, value) is same


def entry(**fields: Any) -> dict[str, Any]:
    return {"key": "k", "state": "present", "value": None, "description": None, **fields}


def wanted(given: dict[str, Any], report: dict[str, Any] | None) -> Any:
    return KIND.wanted([given], report, {})["k"]


def test_an_equal_value_keeps_its_stored_text() -> None:
    report = {"objects": {"k": {"value": '{"a":1}', "description": ""}}}
    assert wanted(entry(value={"a": 1}), report) == KIND.normal(report["objects"]["k"])
    assert wanted(entry(value={"a": 1}, description="d"), report) == {"value": '{"a":1}', "description": "d"}
    assert wanted(entry(value={"a": 2}), report) == {"value": '{\n  "a": 2\n}', "description": None}
    assert wanted(entry(value='{"a": 1}'), report)["value"] == '{"a": 1}'
    # A row without a value, which Airflow treats as missing.
    assert wanted(entry(value=[1]), {"objects": {"k": {"value": None, "description": None}}})["value"] == "[\n  1\n]"


@pytest.mark.parametrize("report", [None, {"objects": {}}])
def test_a_new_variable_is_wanted_as_text(report: dict[str, Any] | None) -> None:
    assert wanted(entry(value=1, description=""), report) == {"value": "1", "description": None}


def test_valid_variables_have_no_problem() -> None:
    good = [{"key": value, "value": value} for value in ("x" * 250, "--help", " ", "a\nb")]
    good += [{"key": repr(value), "value": value} for value in (0, False, "", [], {"a": None}, 1.5)]
    assert KIND.problems([*good, {"key": "k" * 300, "state": "absent", "value": float("nan")}]) == []


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"key": ""}, "key must be 1 to 250 characters; choose another one."),
        ({"key": "k" * 251}, "key must be 1 to 250 characters"),
        ({"key": "", "state": "absent"}, "key is empty; write the key of the variable."),
        ({"value": None}, "value is missing or null; write one: '' is empty text"),
        ({"value": float("nan")}, "value is neither text nor data that JSON can express, such as .nan"),
        ({"value": {"a": [float("inf")]}}, "value is neither text nor data"),
        ({"value": datetime.date(2024, 1, 31)}, "or a date without quotes; write text in quotes"),
        ({"value": {"find-me"}}, "value is neither text nor data"),
        ({"value": "find-me\0"}, "value holds a NUL character, which the database cannot store; remove it."),
        ({"description": "a\0"}, "description holds a NUL character"),
        ({"key": "a\0"}, "key holds a NUL character"),
    ],
)
def test_an_invalid_variable_has_a_problem(fields: dict[str, Any], expected: str) -> None:
    (sentence,) = KIND.problems([{"key": "k", "value": "v", **fields}], "the_list")
    assert sentence.startswith(f"the_list, {fields.get('key', 'k')!r}: ")
    assert expected in sentence
    assert sentence.endswith(".")
    assert "find-me" not in sentence


def test_all_problems_are_reported() -> None:
    entries = [{"key": "a", "value": "1"}, {"key": "b"}, {"key": "a", "state": "absent"}]
    assert [sentence.split("; ")[0] for sentence in KIND.problems(entries, "v")] == [
        "v: 'a' is listed 2 times",
        "v, 'b': value is missing or null",
    ]


def test_values_are_secret() -> None:
    entries = [entry(value={"a": ["deep text", 5, "abc"]}, description="open"), entry(value="a text"), entry(value=0)]
    assert KIND.secrets(entries) == {"deep text", "a text"}
    redacted = KIND.redacted([*entries, entry(state="absent")])
    assert [shown["value"] for shown in redacted] == ["VALUE_SPECIFIED_IN_NO_LOG_PARAMETER"] * 3 + [None]
    assert redacted[0]["description"] == "open"
