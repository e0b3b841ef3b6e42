"""Connections that count as imported, judged by the output of Airflow's command."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.inside.connections import import_file


class Airflow:
    """Stand in for Airflow: its command printed the output, and may have failed."""

    def __init__(self, output: str, error: Exception | None) -> None:
        self.output, self.error = output, error

    def command_with_file(self, *_: object) -> None:
        if self.error:
            raise self.error


def imported(names: list[str], output: str, error: Exception | None = None) -> tuple[list[str], str]:
    """Return the imported ids, and the reason if not all were imported."""
    done: list[str] = []
    airflow: Any = Airflow(output, error)
    try:
        import_file(airflow, dict.fromkeys(names), done)
    except (SystemExit, ValueError) as caught:
        return done, str(caught)
    return done, ""


@pytest.mark.parametrize(
    ("names", "taken"),
    [
        (["db2", "db"], ["db2"]),
        (["db", "my-db"], ["my-db"]),
        (["a.b", "a.b.c", "b.c"], ["a.b.c"]),
        (["DB", "db"], ["db"]),
        (["db", "db2"], ["db", "db2"]),
    ],
)
def test_an_id_counts_only_if_printed_in_full(names: list[str], taken: list[str]) -> None:
    output = "noise\n" + "".join(f"Imported connection {name}\n" for name in taken)
    assert imported(names, output, ValueError("refused")) == (taken, "refused")
    assert imported(names, output) == (taken, "" if taken == names else "not imported")


def test_the_reason_of_a_skipped_connection_is_reported() -> None:
    said = "Could not import connection. The key 'a/b' has to be made of letters"
    assert imported(["c", "a/b"], f"Imported connection c\n{said}\n") == (["c"], said)
