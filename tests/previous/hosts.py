"""The hosts of the scenario `previous`."""

from __future__ import annotations

import os

from tests.lab.names import INSTANCES, REPO
from tests.remote import Lab, Remote, lab

DIRECTORY = REPO / "build" / "test" / "previous"
# What airflow1 held before the takeover.
BEFORE = DIRECTORY / "before.json"
LAB = lab(os.environ.get("MOLECULE_SCENARIO_NAME", "previous"))
# A stack of its own: an inventory without airflow1.
FRESH = Lab(INSTANCES / LAB.directory.name / "fresh")


def taken_over() -> Remote:
    """The host that was deployed with the earlier code."""
    return LAB.hosts["airflow1"]


def fresh() -> Remote:
    """The host that only this checkout's code has deployed."""
    return FRESH.hosts["fresh1"]
