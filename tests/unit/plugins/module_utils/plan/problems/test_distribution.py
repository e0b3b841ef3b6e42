"""The Linux distribution in an image of Postgres."""

from __future__ import annotations

import pytest
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.plan.problems.distribution import (
    distribution,
    distribution_problems,
)

DEBIAN = 'PRETTY_NAME="Debian GNU/Linux 12 (bookworm)"\nNAME="Debian GNU/Linux"\nVERSION_ID="12"\nID=debian\n'
ALPINE = 'NAME="Alpine Linux"\nID=alpine\nVERSION_ID=3.20.1\n'


@pytest.mark.parametrize(
    ("text", "name"),
    [
        (DEBIAN, "debian"),
        (ALPINE, "alpine"),
        ('ID="alpine"\n', "alpine"),
        ("ID='rhel'\n", "rhel"),
        ("VERSION_ID=alpine\n", ""),
        ("", ""),
    ],
)
def test_the_id_of_a_distribution(text: str, name: str) -> None:
    assert distribution(text) == name


@pytest.mark.parametrize(
    ("text", "owner", "words"),
    [
        (DEBIAN, -1, []),
        (DEBIAN, 999, []),
        ("", 999, []),
        (ALPINE, -1, ["contains Alpine Linux", "such as postgres:15"]),
        (ALPINE, 999, ["contains Alpine Linux", "created by Postgres on another system"]),
        # A stack that an earlier version of this project deployed with such an image goes on with it.
        (ALPINE, 70, []),
        (DEBIAN, 70, ["contains another system", "created by Postgres on Alpine Linux"]),
    ],
)
def test_the_system_stays_that_of_the_data(text: str, owner: int, words: list[str]) -> None:
    problems = distribution_problems("example.com/postgres:15", text, owner)
    assert len(problems) == bool(words)
    assert all(word in problems[0] for word in ["airflow_postgres_image: example.com/postgres:15", *words] if problems)
