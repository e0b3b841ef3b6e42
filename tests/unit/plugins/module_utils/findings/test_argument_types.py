"""Types of variables, as an argument spec describes them."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.findings.argument_types import (
    spec_problems,
    type_problems,
)
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.findings.values import typed

SPEC: dict[str, Any] = {
    "port": {"type": "int", "default": 80, "description": "A port."},
    "tls": {"type": "bool", "default": False},
    "source": {"type": "str", "choices": ["a", "b"], "default": "a"},
    "password": {"type": "str", "no_log": True},
    "secrets": {"type": "dict", "no_log": True, "default": {}},
    "pools": {
        "type": "list",
        "elements": "dict",
        "default": [],
        "options": {"name": {"type": "str", "required": True}, "slots": {"type": "int"}},
    },
    "options": {"type": "dict", "default": {}},
    "queues": {"type": "list", "elements": "str", "default": []},
}


@pytest.mark.parametrize(
    "values",
    [
        {},
        {"port": 80, "tls": True, "source": "b", "pools": [{"name": "etl", "slots": 1}], "options": {"a": [1]}},
        # As texts, from INI files and -e.
        {"port": "80", "tls": "yes"},
        {"password": None},
        {"unknown": 1},
    ],
)
def test_right_types(values: dict[str, Any]) -> None:
    assert type_problems(values, SPEC) == []


@pytest.mark.parametrize(
    ("values", "kind", "text"),
    [
        ({"port": "http"}, "type-wrong", "port: the value is 'http'; write a whole number."),
        ({"port": 1.5}, "type-wrong", "port: the value is 1.5; write a whole number."),
        ({"port": None}, "variable-empty", "port: has no value; write one, or remove the line."),
        ({"tls": "maybe"}, "type-wrong", "tls: the value is 'maybe'; write true or false."),
        ({"source": "c"}, "choice-unknown", "source: 'c' is not one of a, b; write one of them."),
        ({"pools": {"etl": 1}}, "type-wrong", "pools: the value is a dict; write a list, as in [a, b]."),
        ({"pools": [{"slots": 1}]}, "key-missing", "pools[0].name: is not set; write a text, in quotes."),
        (
            {"pools": [{"name": "b"}, {"name": "a", "slot": 1}]},
            "key-unknown",
            "pools[1]: the key slot is unknown; the keys are name, slots.",
        ),
        (
            {"pools": [{"name": "a", "slots": "many"}]},
            "type-wrong",
            "pools[0].slots: the value is a text; write a whole number.",
        ),
        ({"pools": ["a"]}, "type-wrong", "pools[0]: the value is a text; write a dict"),
        ({"queues": [None]}, "variable-empty", "queues[0]: has no value"),
        # The syntax is right, but it is a text.
        ({"queues": "[a, b]"}, "type-wrong", """JSON with -e: -e '{"NAME": ["a", "b"]}'."""),
        ({"port": True}, "type-wrong", "port: the value is True; write a whole number."),
        ({"password": True}, "type-wrong", "password: the value is true or false; write a text, in quotes."),
        ({"password": [1]}, "type-wrong", "password: the value is a list; write a text, in quotes."),
        # Ansible's validator would split them.
        ({"queues": "a,b"}, "type-wrong", "queues: the value is a text; write a list, as in [a, b]."),
        ({"options": "a=1"}, "type-wrong", "options: the value is a text; write a dict"),
        ({"options": ["a"]}, "type-wrong", "options: the value is a list; write a dict"),
        ({"options": "x" * 50}, "type-wrong", "options: the value is a text; write a dict"),
    ],
)
def test_wrong_types(values: dict[str, Any], kind: str, text: str) -> None:
    (problem,) = type_problems(values, SPEC)
    assert problem.id == kind
    assert text in problem


@pytest.mark.parametrize(
    "values", [{"secrets": "find-me"}, {"pools": [{"name": {"find-me": 1}, "slots": ["find-me"]}]}]
)
def test_no_value_shows_that_may_be_a_secret(values: dict[str, Any]) -> None:
    assert type_problems(values, SPEC)
    assert not [problem for problem in type_problems(values, SPEC) if "find-me" in problem]


def test_a_required_variable() -> None:
    (problem,) = type_problems({}, {"host": {"type": "str", "required": True}})
    assert (problem.id, problem) == ("variable-missing", "host: is not set; write a text, in quotes.")


def test_values_get_their_types() -> None:
    values = {"port": "80", "tls": "yes", "source": 5, "options": {"a": "1"}, "queues": "a,b", "other": "1"}
    assert typed(values, SPEC) == {**values, "port": 80, "tls": True, "source": "5"}
    # What is wrong stays, for the finding.
    wrong = {"port": "x", "tls": "maybe", "source": [1], "password": None}
    assert typed(wrong, SPEC) == wrong


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('{"core": {"load_examples": false}}', "write True, False and None"),
        ('{"a": null}', "write True, False and None"),
        ("{a: 1}", "with quotes in an INI file"),
        ('{"a": "true"', "with quotes in an INI file"),
    ],
)
def test_json_in_an_ini_file(text: str, words: str) -> None:
    (problem,) = type_problems({"options": text}, {"options": {"type": "dict"}})
    assert problem.id == "type-wrong"
    assert words in problem


def test_what_cannot_be_rendered_is_named_and_the_rest_is_checked() -> None:
    def render(value: Any) -> Any:
        if "{{" in str(value):
            raise ValueError("'vault_password' is undefined")
        return value

    variables = {
        "port": "{{ ansible_facts['x'] }}",
        "password": "{{ vault_password }}",
        "tls": "maybe",
        "other": "{{ vault_password }}",
    }
    found = {problem.id: problem for problem in spec_problems(variables, SPEC, render)}
    assert set(found) == {"variable-needs-facts", "variable-undefined", "type-wrong"}
    undefined = "password: its template cannot be rendered: 'vault_password' is undefined. Correct it."
    assert found["variable-undefined"] == undefined
    with_facts = spec_problems({**variables, "ansible_facts": {"y": 1}}, SPEC, render)
    assert [problem.id for problem in with_facts] == ["variable-undefined", "variable-undefined", "type-wrong"]
