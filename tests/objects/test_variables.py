"""Module airflow_variables on a real Airflow."""

from __future__ import annotations

import json
from functools import partial
from typing import TYPE_CHECKING, Any

import pytest
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.inside import variables as program
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.objects.variables import VariableKind
from hypothesis import given
from hypothesis import strategies as st

from tests.objects.replacing import replace_under_a_reader
from tests.objects.secrecy import play_in_secret
from tests.objects.stack import ODD, Stack, changed, failure, four_ways, play, summary, task
from tests.objects.test_round_trip import JSON, MANY, TEXT, round_trip

if TYPE_CHECKING:
    from collections.abc import Iterator

variables = partial(task, "variables")

# By key: the value, and the text that Airflow must store.
DATA: dict[str, Any] = {ODD: [ODD, 1, 1.5, 10**30, None, True, {"a": {}}], "b": {"سلام": "ü"}}
ODD_VALUES: dict[str, tuple[Any, str]] = {
    ODD: (ODD, ODD),
    "--help": ("--json", "--json"),
    "ü سلام": ("x", "x"),
    "longest" + "k" * 243: ("x" * 100_000, "x" * 100_000),
    "empty": ("", ""),
    "spaces": (" \n spaces \t", " \n spaces \t"),
    **{f"text {text}": (text, text) for text in ("1", "1.0", "true", "null", '"1"', '{"b":1,"a":{}}', "[", "NaN")},
    "date": ("2024-01-31", "2024-01-31"),
    "yes": ("yes", "yes"),
    "integer": (1, "1"),
    "float": (1.0, "1.0"),
    "true": (True, "true"),
    "false": (False, "false"),
    "zero": (0, "0"),
    "list": ([], "[]"),
    "dict": ({}, "{}"),
}


def test_creates_what_is_hard_to_carry(stack: Stack) -> None:
    wanted = [{"key": key, "value": value} for key, (value, _) in ODD_VALUES.items()]
    wanted += [
        {"key": "data", "value": DATA},
        {"key": "described", "value": "1", "description": ODD},
        {"key": "not", "value": "1", "description": ""},
    ]
    results = four_ways(wanted, "variables")
    assert changed(results) == [True, True, False, False]
    assert summary(results[0]) == summary(results[1])
    assert [result["starts"] for result in results] == [1, 2, 1, 1]
    assert results[1]["created"] == [entry["key"] for entry in wanted]
    found = stack.variables()
    assert json.loads(found.pop("data")) == DATA
    assert found == {"described": "1", "not": "1"} | {key: text for key, (_, text) in ODD_VALUES.items()}
    assert stack.sql("SELECT description FROM variable WHERE key = 'described'") == f"{ODD}\n"
    assert stack.sql("SELECT count(*) FROM variable WHERE description IS NULL") == f"{len(wanted) - 1}\n"
    assert stack.sql("SELECT count(*) FROM variable WHERE is_encrypted") == f"{len(wanted)}\n"


def hold(stack: Stack, values: dict[str, str]) -> None:
    """Insert unencrypted variables, each with its key as its description."""
    rows = ", ".join(f"($q${key}$q$, $q${text}$q$, $q${key}$q$, false)" for key, text in values.items())
    stack.sql(f"INSERT INTO variable (key, val, description, is_encrypted) VALUES {rows}")  # noqa: S608 - our own texts


# By name: stored text, wanted value, and whether they differ.
COMPARED: dict[str, tuple[str, Any, bool]] = {
    "order of keys": ('{"b": 1, "a": {"d": [], "c": 1.5}}', {"a": {"c": 1.5, "d": []}, "b": 1}, False),
    "white space": (" [1,\n 2] ", [1, 2], False),
    "escapes": ('["\\u00fc"]', ["ü"], False),
    "one": ("1", 1, False),
    "one and its text": ("1", "1", False),
    "one and 1.0": ("1.0", 1, True),
    "one and true": ("true", 1, True),
    "one and JSON's text": ('"1"', 1, True),
    "order of a list": ("[2, 1]", [1, 2], True),
    "text and white space": ('{"a": 1}', '{"a":1}', True),
    "text and a line end": ("text", "text\n", True),
    "text and case": ("Text", "text", True),
    "empty text": ("text", "", True),
    "no JSON": ("{", {}, True),
    "not quite JSON": ("NaN", 1, True),
    "none": ("null", False, True),
}


def test_replaces_deletes_and_purges_what_differs(stack: Stack) -> None:
    others = ("gone", "new", "empty", "never")
    hold(stack, {key: before for key, (before, _, _) in COMPARED.items()} | dict.fromkeys(others, '{"b":1,"a":2}'))
    stack.sql("UPDATE variable SET description = '' WHERE key IN ('empty', 'never')")
    hold(stack, dict.fromkeys(("--absent", "team_1", "team_2", "purged"), "1"))
    data = {"a": 2, "b": 1}
    wanted = [{"key": key, "value": value, "description": key} for key, (_, value, _) in COMPARED.items()]
    wanted += [{"key": "gone", "value": data}, {"key": "new", "value": data, "description": "other"}]
    wanted += [{"key": "empty", "value": data}, {"key": "never", "value": data, "description": ""}]
    wanted += [{"key": name, "state": "absent"} for name in ("--absent", "team_1", "unknown")]
    results = four_ways(wanted, "variables", purge=True, purge_exclude=["team_*"])
    assert changed(results) == [True, True, False, False]
    assert summary(results[0]) == summary(results[1])
    assert results[1]["deleted"] == ["--absent", "team_1", "purged"]
    assert results[1]["unchanged"][-1] == "unknown"
    assert results[1]["updated"] == [key for key, (_, _, differs) in COMPARED.items() if differs] + ["gone", "new"]
    found = stack.variables()
    assert found.pop("team_2") == "1"
    # An equivalent stored text is not rewritten.
    assert {found.pop(key) for key in others} == {'{"b":1,"a":2}'}
    assert {key: text == COMPARED[key][0] for key, text in found.items()} == {
        key: not differs for key, (_, _, differs) in COMPARED.items()
    }
    assert stack.sql("SELECT description FROM variable WHERE key = 'new'") == "other\n"
    before, after = results[1]["diff"]["before"], results[1]["diff"]["after"]
    secret = "(secret)"
    assert before["one and 1.0"] == {"value": secret, "description": "one and 1.0"}
    assert after["one and 1.0"] == {"value": "(secret, changes)", "description": "one and 1.0"}
    assert (before["gone"], after["gone"]) == ({"value": secret, "description": "gone"}, {"value": secret})
    assert (before["new"]["description"], after["new"]) == ("new", {"value": secret, "description": "other"})


def test_no_value_shows_anywhere(stack: Stack) -> None:
    secrets = ["find-me-text-\"'\n-x", "find-me-deep", "find-me-before"]
    hold(stack, {"t": secrets[2]})
    wanted = [
        {"key": "t", "value": secrets[0]},
        {"key": "d", "value": {"k": [secrets[1], 1]}},
        {"key": "s", "value": secrets[1], "description": "open"},
    ]
    misspelt = variables([{**wanted[1], "valeu": secrets[1]}])
    tasks = [variables(wanted, check=True), variables(wanted), misspelt, variables([], purge=True)]
    output = play_in_secret(stack, secrets, *tasks).output
    assert output.count("failed=0") == 1
    assert "VALUE_SPECIFIED_IN_NO_LOG_PARAMETER" in output
    assert "(secret, changes)" in output
    for event in ("cli_variables_import", "cli_variables_delete"):
        assert event in stack.sql("SELECT event FROM log")


TRIGGER = """
CREATE FUNCTION meddle() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
  IF NEW.key LIKE 'refused%' THEN RAISE EXCEPTION 'not this one'; END IF;
  IF NEW.key LIKE 'tampered%' THEN NEW.description := 'elsewhere'; END IF;
  RETURN NEW; END $$;
CREATE TRIGGER meddle BEFORE INSERT OR UPDATE ON variable FOR EACH ROW EXECUTE FUNCTION meddle();
"""


@pytest.fixture
def meddling(stack: Stack) -> Iterator[Stack]:
    stack.sql(TRIGGER)
    yield stack
    stack.sql("DROP TRIGGER meddle ON variable; DROP FUNCTION meddle")


def test_reports_what_airflow_does_not_take(meddling: Stack) -> None:
    names = ("first", "refused-1", "tampered", "last", "refused-2")
    wanted = [{"key": name, "value": f"find-me-{name}"} for name in names]
    wanted[-1]["description"] = "d"
    result = play(variables(wanted)).results[0]
    assert result["failed"]
    assert result["changed"]
    reason = "does not exist (RaiseException: not this one)"
    assert result["failed_objects"] == {
        "refused-1": reason,
        "refused-2": reason,
        "tampered": "differs in description",
    }
    assert result["created"] == ["first", "tampered", "last"]
    assert "find-me" not in json.dumps(result)
    assert sorted(meddling.variables()) == ["first", "last", "tampered"]


def test_what_cannot_be_is_refused(stack: Stack) -> None:
    bad = [
        {"key": "twice", "value": "1"},
        {"key": "twice", "value": "2"},
        {"key": "k" * 251, "value": "1"},
        {"key": "missing"},
        {"key": "nan", "value": [float("nan")]},
        {"key": "zero", "value": "find-me\0"},
    ]
    message = failure(variables(bad))
    for part in (
        "variables: 'twice' is listed 2 times; keep one entry.",
        f"variables, '{'k' * 251}': key must be 1 to 250 characters",
        "variables, 'missing': value is missing or null; write one",
        "variables, 'nan': value is neither text nor data that JSON can express",
        "variables, 'zero': value holds a NUL character",
    ):
        assert part in message
    assert "find-me" not in message
    assert stack.sql("SELECT key FROM variable") == ""


def test_what_cannot_be_decrypted_is_named(stack: Stack) -> None:
    hold(stack, {"good": "1", "bad one": "find-me"})
    stack.sql("UPDATE variable SET is_encrypted = true WHERE key = 'bad one'")
    message = failure(variables([{"key": "good", "value": "2"}]))
    assert "cannot decrypt variable 'bad one', encrypted with another Fernet key" in message
    assert "find-me" not in message


READER = """
from airflow.models import Variable
def read():
    return Variable.get("c")
"""


@pytest.mark.slow
@pytest.mark.usefixtures("stack")
@pytest.mark.parametrize("description", [None, "d"], ids=["by the command", "by the model"])
def test_a_variable_is_never_missing_while_it_is_replaced(description: str | None) -> None:
    play(variables([{"key": "c", "value": "v"}]))
    values = [*(f"v{number}" for number in range(50)), "stop"]
    versions = [{"c": {"value": value, "description": description}} for value in values]
    replace_under_a_reader(READER, program, "variables", versions)


VARIABLE = st.fixed_dictionaries(
    {"value": TEXT | JSON.filter(lambda value: value is not None)}, optional={"description": TEXT | st.none()}
)
VARIABLES = st.dictionaries(TEXT.filter(bool), VARIABLE, min_size=10, max_size=60).map(
    lambda listed: [{"key": key, **fields} for key, fields in listed.items()]
)


@pytest.mark.slow
@pytest.mark.usefixtures("running")
@MANY
@given(VARIABLES)
def test_many_variables_survive_the_round_trip(entries: list[dict[str, Any]]) -> None:
    round_trip(VariableKind(), entries)


@pytest.mark.slow
def test_any_number_takes_one_start_or_two(stack: Stack) -> None:
    wanted: list[dict[str, Any]] = [{"key": f"v{n}", "value": {"n": n}} for n in range(500)]
    for name, entries, starts in (
        ("create 500", wanted, 2),
        ("nothing to do", wanted, 1),
        ("change one", [{**wanted[0], "value": "other"}, *wanted[1:]], 2),
        ("change 500", [{**entry, "value": "x"} for entry in wanted], 2),
        ("describe 500", [{**entry, "value": "x", "description": "d"} for entry in wanted], 2),
        ("delete 500", [], 2),
    ):
        played = play(variables(entries, purge=True))
        print(f"{name}: {played.seconds[0]:.1f} s")
        assert changed(played.results) == [starts == 2]
        assert played.results[0]["starts"] == starts
    assert stack.variables() == {}
