"""What a benchmark is, and how results are written."""

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
        name: What was measured, its unit at the end.
        unit: Unit of `ours` and `reference`.
        ours: The median of our runs.
        reference: The same done the other way, on the same machine in the same run.
        runs: How many runs of ours the median is of.
        note: What the two are, in a sentence.
    """

    name: str
    unit: str
    ours: float
    reference: float
    runs: int
    note: str

    @property
    def ratio(self) -> float:
        """How many times as much the reference takes."""
        return self.reference / self.ours


@dataclass(frozen=True)
class Group:
    """Measurements that share their preparation.

    Args:
        names: Names of what it measures.
        measure: Measures all of them.
    """

    names: Sequence[str]
    measure: Callable[[], list[Measured]]


def rounded(value: float) -> float:
    """A value with the digits that mean something on a noisy machine."""
    return round(value, 1 if value < 100 else 0)


def write(results: Sequence[Measured], names: Sequence[str], machine: str, table: Path = TABLE) -> None:
    """Write the results for programs, and put them into the table for people; rows of what was not measured stay.

    Args:
        results: What was measured.
        names: Names of all that can be measured, in the order of the table.
        machine: What it was measured on.
        table: The page with the table.
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
