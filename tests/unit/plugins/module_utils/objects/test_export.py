"""Airflow's objects as inventory variables; test_airflow_export.py reads the files written from them."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.objects.export import Unsafe, exported
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.objects.kinds import KINDS

NOTHING: dict[str, Any] = {kind.option: {} for kind in KINDS}


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.option)
def test_an_object_is_an_entry_with_its_name(kind: Any) -> None:
    lists, secrets = exported({**NOTHING, kind.option: {"b": {"description": "d"}, "a": {"description": None}}}, {})
    assert lists[f"airflow_{kind.option}"] == [{kind.key: "a"}, {kind.key: "b", "description": "d"}]
    assert secrets == {}


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.option)
def test_secret_fields_are_exported_separately(kind: Any) -> None:
    fields = {"description": "d", **dict.fromkeys(kind.secret_fields, "find-me")}
    lists, secrets = exported({**NOTHING, kind.option: {"a": fields}}, {})
    assert "find-me" not in str(lists)
    assert str(secrets).count("find-me") == len(kind.secret_fields)


@pytest.mark.parametrize("value", [None, 1, True, [], {}, {"timeout": 10, "verify": [False, None]}])
def test_a_value_without_text_is_not_secret(value: object) -> None:
    lists, secrets = exported({**NOTHING, "variables": {"a": {"value": value}}}, {})
    assert lists["airflow_variables"][0].get("value") == value
    assert secrets == {}


def test_each_object_has_its_own_secret_variable() -> None:
    names = ["o'd", "o.d", "o_d", "ö"]
    lists, secrets = exported({**NOTHING, "variables": {name: {"value": name} for name in names}}, {})
    assert secrets["vault_airflow_variables"] == {
        "o_d": {"value": "o'd"},
        "o_d_2": {"value": "o.d"},
        "o_d_3": {"value": "o_d"},
        "_": {"value": "ö"},
    }
    assert lists["airflow_variables"][1] == {"key": "o.d", "value": "{{ vault_airflow_variables['o_d_2']['value'] }}"}


def test_text_with_braces_is_not_templated() -> None:
    fields = {"description": "{{ x }}", "value": ["{% x %}", "plain"]}
    lists, secrets = exported({**NOTHING, "variables": {"{# x #}": fields}}, {})
    (entry,) = lists["airflow_variables"]
    (place,) = secrets["vault_airflow_variables"].values()
    marked = [entry["key"], entry["description"], *place["value"], entry["value"]]
    assert [isinstance(text, Unsafe) for text in marked] == [True, True, True, False, False]


def test_objects_of_other_roles_and_excluded_ones_are_not_listed() -> None:
    objects = {**NOTHING, "variables": {"airflow_dags_release": {"value": 1}, "a": {"value": 1}, "b": {"value": 1}}}
    lists, _ = exported(objects, {"variables": ["a"]})
    assert [entry["key"] for entry in lists["airflow_variables"]] == ["b"]
