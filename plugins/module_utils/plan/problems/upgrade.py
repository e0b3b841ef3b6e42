"""Checks of the variables of upgrades."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

# The least value of each number.
LEAST = {
    "airflow_upgrade_history_days": 0,
    "airflow_upgrade_keep_days": 0,
    "airflow_migration_timeout": 60,
}


def upgrade_problems(inputs: Mapping[str, Any]) -> list[str]:
    """Return what is wrong with the numbers of an upgrade.

    Args:
        inputs: The public variables of role airflow.
    """
    return [
        f"{name}: {inputs[name]!r} is not a whole number of {least} or more."
        for name, least in LEAST.items()
        if not str(inputs[name]).isdecimal() or int(inputs[name]) < least
    ]
