"""Comparison of wanted and existing objects, for any kind."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.objects.plan import (
    Plan,
    canonical,
    diff,
    differing,
    make_plan,
    unmet,
)

A, B = {"x": 1}, {"x": 2}


@pytest.mark.parametrize(
    ("current", "wanted", "options", "expected"),
    [
        ({}, {}, {}, Plan()),
        ({}, {"a": A}, {}, Plan(create={"a": A})),
        ({"a": A}, {"a": A}, {}, Plan(unchanged=["a"])),
        ({"a": A}, {"a": B}, {}, Plan(replace={"a": B})),
        ({"a": A}, {"a": None}, {}, Plan(delete=["a"])),
        ({}, {"a": None}, {}, Plan(unchanged=["a"])),
        ({"a": A, "b": B}, {"a": A}, {}, Plan(unchanged=["a"])),
        ({"c": A, "b": B, "a": A}, {"a": A}, {"purge": True}, Plan(unchanged=["a"], delete=["b", "c"])),
        ({"aws_1": A, "AWS_2": A}, {}, {"purge": True, "purge_exclude": ["aws_*"]}, Plan(delete=["AWS_2"])),
        ({"a": A, "b": A}, {"b": None}, {"purge": True}, Plan(delete=["b", "a"])),
    ],
)
def test_plan(current: Any, wanted: Any, options: Any, expected: Plan) -> None:
    plan = make_plan(current, wanted, **options)
    assert plan == expected
    assert plan.changed == bool(expected.create or expected.replace or expected.delete)


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ({"a": 1, "b": {"c": 2, "d": 3}}, {"b": {"d": 3, "c": 2}, "a": 1}, True),
        (1, 1.0, False),
        (1, True, False),
        (0, False, False),
        (1, "1", False),
        (None, "", False),
        ([1, 2], [2, 1], False),
        ("ü", "\u00fc", True),
    ],
)
def test_comparison_respects_types_and_ignores_key_order(one: Any, other: Any, same: bool) -> None:
    assert (canonical(one) == canonical(other)) is same
    assert differing({"f": one, "g": None}, {"f": other}) == ([] if same else ["f"])


def test_a_value_without_a_json_form_is_an_error() -> None:
    with pytest.raises(ValueError, match="Out of range"):
        canonical(float("nan"))


def test_unmet_names_fields_and_reasons() -> None:
    plan = Plan(create={"a": A, "b": A, "c": A}, replace={"d": {"x": 1, "y": 2}}, delete=["e", "f"])
    found = {"a": A, "c": B, "d": {"x": 0, "y": 0}, "e": A}
    assert unmet(plan, found, {"b": "no room"}) == {
        "b": "does not exist (no room)",
        "c": "differs in x",
        "d": "differs in x, y",
        "e": "still exists",
    }
    assert unmet(Plan(), {}, {}) == {}


MASKED, CHANGES = "(secret)", "(secret, changes)"


@pytest.mark.parametrize(
    ("old", "new", "before", "after"),
    [
        ("a", "a", MASKED, MASKED),
        ("a", "b", MASKED, CHANGES),
        ("a", None, MASKED, None),
        (None, "a", None, MASKED),
        (1, 2, MASKED, CHANGES),
        (1, 1.0, MASKED, CHANGES),
        (True, False, True, False),
        ({"k": "a", "l": "b"}, {"k": "a", "l": "c"}, {"k": MASKED, "l": MASKED}, {"k": MASKED, "l": CHANGES}),
        ({"k": "a"}, {"m": "a"}, {"k": MASKED}, {"m": MASKED}),
        (
            {"k": ["a", {"b": "c"}]},
            {"k": ["a", {"b": "d"}]},
            {"k": [MASKED, {"b": MASKED}]},
            {"k": [MASKED, {"b": CHANGES}]},
        ),
        (["a"], ["a", "b"], [MASKED], [MASKED, MASKED]),
        ("text", {"k": "v"}, MASKED, {"k": MASKED}),
        ({"k": "v"}, "text", {"k": MASKED}, CHANGES),
        ({"k": None}, {"k": "v"}, {"k": None}, {"k": MASKED}),
    ],
)
def test_diff_hides_secrets_and_shows_their_change(old: Any, new: Any, before: Any, after: Any) -> None:
    plan = Plan(replace={"a": {"s": new, "open": "new"}})
    shown = diff(plan, {"a": {"s": old, "open": "old"}, "other": {"s": "x"}}, ["s"])
    assert shown["before"]["a"] == {"open": "old"} | ({} if before is None else {"s": before})
    assert shown["after"]["a"] == {"open": "new"} | ({} if after is None else {"s": after})
    assert set(shown["before"]) == set(shown["after"]) == {"a"}


def test_diff_of_creation_and_deletion() -> None:
    plan = Plan(create={"a": {"s": "x", "n": None, "open": 0}}, delete=["b"], unchanged=["c"])
    shown = diff(plan, {"b": {"s": "y", "open": 1}, "c": {"s": "z"}}, ["s"])
    assert shown == {"before": {"b": {"s": MASKED, "open": 1}}, "after": {"a": {"s": MASKED, "open": 0}}}
