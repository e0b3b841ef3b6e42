"""Detection of plain text in Airflow's database, and its encryption."""

from typing import Any

import pytest
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.inside.encryption import (
    MODELS,
    TABLES,
    count_query,
    encrypted,
)

from tests.tables import releases


class Fernet:
    """Stand in for Fernet: add a prefix instead of encrypting."""

    def encrypt(self, text: bytes) -> bytes:
        return b"key:" + text


def test_the_tables_of_each_release_are_known() -> None:
    assert set(TABLES) == set(MODELS)
    for row in releases().values():
        assert {"connection", "variable"} <= set(row["encrypted"]) <= set(TABLES)


def test_one_query_counts_the_plain_text_rows_of_all_tables() -> None:
    assert count_query(["variable", "trigger"]) == (
        "SELECT 'variable' AS kind, count(*) AS plain FROM \"variable\" WHERE (val <> '' AND is_encrypted IS NOT TRUE)"
        " UNION ALL SELECT 'trigger' AS kind, count(*) AS plain FROM \"trigger\" WHERE kwargs LIKE '{%'"
    )
    assert " OR (extra <> '' AND is_extra_encrypted IS NOT TRUE)" in count_query(["connection"])


@pytest.mark.parametrize(
    ("table", "row", "values"),
    [
        (
            "connection",
            {"password": "p", "is_encrypted": False, "extra": "{}", "is_extra_encrypted": None},
            {"password": "key:p", "is_encrypted": True, "extra": "key:{}", "is_extra_encrypted": True},
        ),
        (
            "connection",
            {"password": "token", "is_encrypted": True, "extra": "e", "is_extra_encrypted": False},
            {"extra": "key:e", "is_extra_encrypted": True},
        ),
        ("connection", {"password": None, "is_encrypted": False, "extra": "", "is_extra_encrypted": False}, {}),
        ("variable", {"val": "سلام", "is_encrypted": False}, {"val": "key:سلام", "is_encrypted": True}),
        ("trigger", {"kwargs": '{"a": 1}'}, {"kwargs": 'key:{"a": 1}'}),
        ("trigger", {"kwargs": "token"}, {}),
    ],
)
def test_plain_text_is_encrypted_and_flagged(table: str, row: dict[str, Any], values: dict[str, Any]) -> None:
    assert encrypted(row, TABLES[table][1], Fernet()) == values
