"""The stack derived from each row of the release table equals a reviewed file."""

from __future__ import annotations

import pytest

from tests import rows

VERSIONS = rows.prepare()


def test_each_row_has_a_reviewed_file() -> None:
    assert sorted(path.stem for path in rows.ROWS.glob("*.yml")) == sorted(VERSIONS)


@pytest.mark.parametrize("series", VERSIONS)
def test_the_result_of_a_row_equals_its_reviewed_file(series: str) -> None:
    kept = (rows.ROWS / f"{series}.yml").read_text(encoding="utf-8")
    assert rows.text(VERSIONS[series]) == kept, "run python -m tests.rows and look at the diff"
