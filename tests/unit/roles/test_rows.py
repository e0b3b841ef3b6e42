"""What each row of the release table makes of a stack is what somebody looked at."""

from __future__ import annotations

import pytest

from tests import rows

VERSIONS = rows.prepare()


def test_there_is_a_file_of_each_row() -> None:
    assert sorted(path.stem for path in rows.ROWS.glob("*.yml")) == sorted(VERSIONS)


@pytest.mark.parametrize("series", VERSIONS)
def test_a_row_has_not_changed_unseen(series: str) -> None:
    kept = (rows.ROWS / f"{series}.yml").read_text(encoding="utf-8")
    assert rows.text(VERSIONS[series]) == kept, "run python -m tests.rows and look at the diff"
