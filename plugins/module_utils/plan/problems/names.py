"""Check for misspelt variables."""

from __future__ import annotations

import difflib
from collections.abc import Sequence


def misspelt_problems(names: Sequence[str], known: Sequence[str]) -> list[str]:
    """Return one sentence for each variable that has the prefix of a role but is not one of its variables.

    Args:
        names: Names of variables in the inventory with the role's prefix.
        known: The role's public variables.
    """
    problems = []
    for name in sorted(set(names) - set(known)):
        close = difflib.get_close_matches(name, known, n=1)
        hint = f"did you mean {close[0]}?" if close else "remove it, or see roles/airflow/README.md for the names."
        problems.append(f"{name}: no variable of this project has this name; {hint}")
    return problems
