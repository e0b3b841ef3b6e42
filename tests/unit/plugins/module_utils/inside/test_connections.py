"""Which connections count as imported, by what Airflow's command prints."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.inside.connections import import_file


class Airflow:
    """Stands in for Airflow: its command has printed something, and may have failed."""

    def __init__(self, output: str, error: Exception | None) -> None:
        self.output, self.error = output, error

    def command_with_file(self, *_: object) -> None:
        if self.error:
            raise self.error


def imported(names: list[str], output: str, error: Exception | None = None) -> tuple[list[str], str]:
    """The ids that were taken, and why not all were."""
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
def test_an_id_counts_only_where_the_whole_of_it_was_printed(names: list[str], taken: list[str]) -> None:
    output = "noise\n" + "".join(f"Imported connection {name}\n" for name in taken)
    assert imported(names, output, ValueError("refused")) == (taken, "refused")
    assert imported(names, output) == (taken, "" if taken == names else "not imported")


def test_airflow_says_why_it_passes_over_one() -> None:
    said = "Could not import connection. The key 'a/b' has to be made of letters"
    assert imported(["c", "a/b"], f"Imported connection c\n{said}\n") == (["c"], said)
