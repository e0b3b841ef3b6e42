"""Which variables are misspelt."""

from __future__ import annotations

import difflib
from collections.abc import Sequence


def misspelt_problems(names: Sequence[str], known: Sequence[str]) -> list[str]:
    """Return one sentence for each variable that looks like one of a role but is none.

    :param names: names of variables in the inventory that carry the role's prefix
    :param known: the role's public variables
    """
    problems = []
    for name in sorted(set(names) - set(known)):
        close = difflib.get_close_matches(name, known, n=1)
        hint = f"did you mean {close[0]}?" if close else "remove it, or see roles/airflow/README.md for the names."
        problems.append(f"{name}: no variable of this project has this name; {hint}")
    return problems
