"""The Markdown report of a benchmark."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.bench import entry
from tests.bench.entry import BEGIN, END, Measured, write

if TYPE_CHECKING:
    from pathlib import Path


def test_a_partial_run_keeps_the_other_rows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(entry, "RESULTS", tmp_path / "build" / "bench.json")
    table = tmp_path / "benchmarks.md"
    table.write_text(f"before\n{BEGIN}\n{END}\nafter\n", encoding="utf-8")
    names = ["a_seconds", "b_seconds"]
    first = [Measured(name, "seconds", 2, 10, 3, "note") for name in names]
    write(first, names, "a machine", table)
    write([Measured("a_seconds", "seconds", 1, 10, 3, "new")], names, "a machine", table)
    lines = table.read_text(encoding="utf-8").splitlines()
    assert [line for line in lines if line.startswith("| ")][1:] == [
        "| a_seconds | 1 | 10 | 10 | new |",
        "| b_seconds | 2 | 10 | 5 | note |",
    ]
    assert (lines[0], lines[-1]) == ("before", "after")
