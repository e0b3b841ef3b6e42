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
        *(f"Airflow {release} migrated the copy in {took} s." for release, took in seconds["steps"].items()),
        f"The migrated copy has {sizes['after']} MiB, and all rows that an upgrade keeps. The Fernet key decrypts its "
        f"{report['encrypted']} encrypted texts.",
        "An upgrade stops Airflow for at least the time of the migrations, and for the time that running tasks take.",
    ]
