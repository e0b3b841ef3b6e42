"""What is wrong with a list of pools, as far as the list alone can tell.

Used by the module airflow_pools, and by the filters of role airflow_objects before anything is changed.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from ansible_collections.ansible_airflow.airflow.plugins.module_utils import airflow_listed

# The pool of all tasks that name none.
DEFAULT = "default_pool"

# Width of the column in Airflow's database, and the largest number in one of integers.
LONGEST_NAME = 256
MOST_SLOTS = 2**31 - 1


def problems(where: str, entries: Sequence[Mapping[str, Any]]) -> list[str]:
    """Return what is wrong with a list of pools, a sentence each.

    :param where: name of the variable or option, for the sentences
    :param entries: dicts with ``name``, ``state``, ``slots`` and ``description``
    """
    return airflow_listed.problems(where, entries, "name", _entry_problems)


def _entry_problems(entry: Mapping[str, Any]) -> list[str]:
    name = entry["name"]
    if entry.get("state", "present") == "absent":
        if name == DEFAULT:
            return ["Airflow cannot be without this pool; remove the entry, or write its slots and no state."]
        # Whatever else it says: to change only the state is the natural way to remove a pool.
        return [] if name else ["name is empty; write the name of the pool."]
    texts = []
    if not name.strip() or len(name) > LONGEST_NAME:
        texts.append(f"name must be 1 to {LONGEST_NAME} characters, not only spaces; choose another one.")
    return texts + _slots_problems(entry.get("slots")) + airflow_listed.zeros(entry, ("name", "description"))


def _slots_problems(slots: object) -> list[str]:
    instead = f"write a number from 0 to {MOST_SLOTS}, or -1 for no limit."
    if slots is None:
        return [f"slots is missing; {instead}"]
    if not re.fullmatch(r"-?[0-9]+", str(slots)) or not -1 <= int(str(slots)) <= MOST_SLOTS:
        return [f"slots {slots} is not possible; {instead}"]
    return []
