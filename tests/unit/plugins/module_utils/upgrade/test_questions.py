"""Rows that prevent an upgrade."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.containers.postgres import Server
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.upgrade.questions import refused

MIGRATION: dict[str, Any] = {"cleans": False, "command": "airflow db migrate"}
CLEANING: dict[str, Any] = {
    "cleans": True,
    "command": "airflow db clean --clean-before-timestamp 2026-09-01T00:00:00+00:00 --tables dag_run --yes",
}


@pytest.mark.parametrize(
    ("answers", "words"),
    [
        ({}, []),
        ({"to_regclass": ["t"]}, []),
        ({"to_regclass": ["t"], "lower(username)": ["Ann and ann"]}, ["the users Ann and ann differ only in case"]),
        # Without a table of users, nobody asks for them.
        ({"lower(username)": ["Ann and ann"]}, []),
        (
            {"start_date < '2026-09-01T00:00:00+00:00'": ["feeds, run a", "feeds, run b"]},
            ["would delete runs that have not ended: feeds, run a; feeds, run b."],
        ),
    ],
)
def test_what_is_refused(monkeypatch: pytest.MonkeyPatch, answers: dict[str, list[str]], words: list[str]) -> None:
    monkeypatch.setattr(
        Server,
        "ask",
        lambda _server, query, _database: next((found for part, found in answers.items() if part in query), []),
    )
    found = refused(Server("docker", "postgres"), "airflow", [CLEANING, MIGRATION])
    assert len(found) == len(words)
    assert all(part in text for part, text in zip(words, found, strict=True))
