"""What a rehearsal is asked for, and its report."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Wanted:
    """What is rehearsed.

    Attributes:
        container: Container of the stack's Postgres.
        database: Airflow's database in it.
        steps: The migrations, in order.
        key_file: File with the Fernet key.
        run_as: User and group of Airflow's processes.
        seconds: Time limit of one migration.
    """

    container: str
    database: str
    steps: Sequence[Mapping[str, Any]]
    key_file: str
    run_as: str
    seconds: float


def lines(report: Mapping[str, Any]) -> list[str]:
    """Return a report as people read it.

    Args:
        report: What `Rehearsal.run` has measured.
    """
    sizes, seconds = report["megabytes"], report["seconds"]
    return [
        f"A copy of the database was made in {seconds['copy']} s; it has {sizes['before']} MiB.",
        *filter(None, [report["cleaned"]]),
        *(f"Airflow {release} migrated the copy in {took} s." for release, took in seconds["steps"].items()),
        f"The migrated copy has {sizes['after']} MiB, and all rows that an upgrade keeps. The Fernet key decrypts its "
        f"{report['encrypted']} encrypted texts.",
        f"An upgrade stops Airflow for about {_minutes(seconds)} for its database, for the time that running tasks "
        "take before, and for a backup and the start of the new release, which take some minutes.",
    ]


def _minutes(seconds: Mapping[str, Any]) -> str:
    """Return the time for a copy of the database and its migrations in words."""
    total = seconds["copy"] + sum(seconds["steps"].values())
    return f"{total:.0f} s" if total < 300 else f"{total / 60:.0f} minutes"
