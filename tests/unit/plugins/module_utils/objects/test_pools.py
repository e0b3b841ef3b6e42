"""Pools: their fields on releases with and without include_deferred, and the problems of a list of pools."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.objects.kind import RefusedError
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.objects.part import Part
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.objects.pools import PoolKind

KIND = PoolKind()
# Reports of pools up to Airflow 2.6, and of later releases.
OLD = {"objects": {"p": {"slots": 1, "description": ""}}, "include_deferred": False}
NEW = {"objects": {"p": {"slots": 1, "description": None, "include_deferred": False}}, "include_deferred": True}


def entry(**fields: Any) -> dict[str, Any]:
    return {"name": "p", "state": "present", "slots": 1, "description": None, "include_deferred": False, **fields}


def part(*entries: dict[str, Any], report: dict[str, Any] | None, **options: Any) -> Part:
    compared = Part(KIND, {"pools": entries, "purge": False, "purge_exclude": [], **options})
    compared.compare(report)
    return compared


@pytest.mark.parametrize("report", [OLD, NEW])
def test_an_identical_pool_is_unchanged(report: dict[str, Any]) -> None:
    assert part(entry(description=""), report=report).plan.unchanged == ["p"]
    assert list(part(entry(slots=2), report=report).plan.replace) == ["p"]
    assert list(part(entry(description="d"), report=report).plan.replace) == ["p"]


def test_only_fields_that_the_release_has_are_written() -> None:
    assert part(entry(slots=2), report=OLD).request()["replace"] == {"p": {"slots": 2, "description": None}}
    assert part(entry(include_deferred=True), report=NEW).request()["replace"] == {
        "p": {"slots": 1, "description": None, "include_deferred": True}
    }


def test_a_release_without_include_deferred_refuses_it() -> None:
    with pytest.raises(RefusedError) as caught:
        part(entry(), entry(name="q", include_deferred=True), report=OLD)
    assert caught.value.problems == [
        "pools, 'q': this release of Airflow has no include_deferred, which was added in 2.7; remove it."
    ]


def test_without_airflow_the_entries_themselves_are_predicted() -> None:
    predicted = part(entry(), entry(name="q", include_deferred=True), report=None)
    assert predicted.plan.create == {
        "p": {"slots": 1, "description": None, "include_deferred": None},
        "q": {"slots": 1, "description": None, "include_deferred": True},
    }


def test_a_purge_keeps_the_default_pool() -> None:
    found = {name: {"slots": 1, "description": None} for name in ("default_pool", "a", "team_1", "b")}
    report = {**OLD, "objects": found}
    assert part(report=report, purge=True, purge_exclude=["team_*"]).plan.delete == ["a", "b"]


def test_valid_pools_have_no_problem() -> None:
    good = [entry(name=f"p{slots}", slots=slots) for slots in (-1, 0, 1, "5", 2**31 - 1)]
    good += [entry(name="default_pool"), entry(name="n" * 256), {"name": " any", "state": "absent", "slots": -7}]
    assert KIND.problems(good) == []


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"slots": None}, "slots is missing; write a number from 0 to 2147483647, or -1 for no limit."),
        ({"slots": -2}, "slots -2 is invalid; write a number"),
        ({"slots": 2**31}, "slots 2147483648 is invalid"),
        ({"slots": "many"}, "slots many is invalid"),
        ({"slots": True}, "slots True is invalid"),
        ({"slots": 1.5}, "slots 1.5 is invalid"),
        ({"name": ""}, "name must be 1 to 256 characters, not only spaces; choose another one."),
        ({"name": " "}, "name must be 1 to 256 characters"),
        ({"name": "n" * 257}, "name must be 1 to 256 characters"),
        ({"name": "", "state": "absent"}, "name is empty; write the name of the pool."),
        ({"name": "default_pool", "state": "absent"}, "Airflow cannot run without this pool; remove the entry"),
        ({"description": "a\0"}, "description holds a NUL character"),
    ],
)
def test_an_invalid_pool_has_a_problem(fields: dict[str, Any], expected: str) -> None:
    (sentence,) = KIND.problems([entry(**fields)], "the_list")
    assert sentence.startswith(f"the_list, {fields.get('name', 'p')!r}: ")
    assert expected in sentence
    assert sentence.endswith(".")


def test_a_name_may_be_listed_only_once() -> None:
    assert KIND.problems([entry(), entry()], "v") == ["v: 'p' is listed 2 times; keep one entry."]
