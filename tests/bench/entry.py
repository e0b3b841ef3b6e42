"""Data structures of benchmarks, and the output of results."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from tests.lab.names import REPO

RESULTS = REPO / "build" / "bench.json"
TABLE = REPO / "docs" / "benchmarks.md"
BEGIN, END = "<!-- results: written by `make bench` -->", "<!-- end of results -->"


@dataclass(frozen=True)
class Measured:
    """One result.

    Args:
        name: What was measured, with the unit at the end.
        unit: Unit of `ours` and `reference`.
        ours: Median of our runs.
        reference: Result of the reference, on the same machine in the same run.
        runs: Number of our runs.
        note: Explanation of both values in a sentence.
    """

    name: str
    unit: str
    ours: float
    reference: float
    runs: int
    note: str

    @property
    def ratio(self) -> float:
        """Reference divided by ours."""
        return self.reference / self.ours


@dataclass(frozen=True)
class Group:
    """Measurements that share their preparation.

    Args:
        names: Names of the measurements.
        measure: Function that measures all of them.
    """

    names: Sequence[str]
    measure: Callable[[], list[Measured]]


def rounded(value: float) -> float:
    """A value rounded to the digits that are significant on a noisy machine."""
    return round(value, 3 if value < 1 else 1 if value < 100 else 0)


def write(results: Sequence[Measured], names: Sequence[str], machine: str, table: Path = TABLE) -> None:
    """Write the results as JSON and into the table of the page, which keeps the rows that were not measured.

    Args:
        results: New results.
        names: Names of all measurements, in the order of the table.
        machine: Description of the machine.
        table: Path of the page with the table.
    """
    listed = [
        {**asdict(result), "ours": rounded(result.ours), "reference": rounded(result.reference)}
        | {"ratio": rounded(result.ratio)}
        for result in results
    ]
    RESULTS.parent.mkdir(parents=True, exist_ok=True)
    RESULTS.write_text(json.dumps(listed, indent=2) + "\n", encoding="utf-8")
    page = table.read_text(encoding="utf-8")
    before, rest = page.split(BEGIN)
    old, after = rest.split(END)
    rows = {line.split("|")[1].strip(): line for line in old.splitlines() if line.startswith("| ")}
    rows |= {
        row["name"]: f"| {row['name']} | {row['ours']:g} | {row['reference']:g} | {row['ratio']:g} | {row['note']} |"
        for row in listed
    }
    head = [f"Measured on {machine}.", "", "| what | ours | reference | ratio | note |", "|---|---|---|---|---|"]
    text = "\n".join([*head, *(rows[name] for name in names if name in rows)])
    table.write_text(f"{before}{BEGIN}\n\n{text}\n\n{END}{after}", encoding="utf-8")
