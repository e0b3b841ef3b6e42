"""Revisions of the metadata database by release."""

from __future__ import annotations

import pytest
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.plan.options import numbers
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.plan.revisions import (
    REVISIONS,
    head,
    introduced,
    is_later,
    schemas,
)


def test_releases_are_in_order_and_no_revision_is_in_two() -> None:
    versions = list(REVISIONS)
    assert versions == sorted(versions, key=numbers)
    every = [revision for row in REVISIONS.values() for revision in row.split()]
    assert len(every) == len(set(every))
    assert all(len(revision) == 12 for revision in every)


@pytest.mark.parametrize(
    ("version", "revision"),
    [
        ("2.5.3", "290244fb8b83"),
        ("2.10.2", "22ed7efa9da2"),
        ("2.10.3", "5f2621c13b39"),
        ("2.11.2", "5f2621c13b39"),
        ("3.1.7", "cc92b33c6709"),
        ("3.1.8", "509b94a1042d"),
        ("3.3.2", "d2f4e1b3c5a7"),
        ("", ""),
        ("1.10.15", ""),
    ],
)
def test_the_head_of_a_release(version: str, revision: str) -> None:
    assert head(version) == revision


def test_order_and_origin_of_revisions() -> None:
    assert introduced("5f2621c13b39") == "2.10.3"
    assert introduced("c804e5c76e3f") == ""
    assert is_later("044f740568ec", "5f2621c13b39")
    assert not is_later("290244fb8b83", "290244fb8b83")


def test_releases_of_one_schema() -> None:
    assert schemas(["2.10.5", "2.11.0", "3.1.7", "3.1.8"]) == {
        "5f2621c13b39": ["2.10.5", "2.11.0"],
        "cc92b33c6709": ["3.1.7"],
        "509b94a1042d": ["3.1.8"],
    }
