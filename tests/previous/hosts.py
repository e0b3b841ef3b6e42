"""Hosts of scenario `previous`."""

from __future__ import annotations

import os

from tests.lab.names import INSTANCES, REPO
from tests.support.hosts import Lab, Remote, lab

DIRECTORY = REPO / "build" / "test" / "previous"
# State of airflow1 before the takeover.
BEFORE = DIRECTORY / "before.json"
LAB = lab(os.environ.get("MOLECULE_SCENARIO_NAME", "previous"))
# A separate stack: an inventory without airflow1.
FRESH = Lab(INSTANCES / LAB.directory.name / "fresh")


def taken_over() -> Remote:
    """The host deployed with the earlier code."""
    return LAB.hosts["airflow1"]


def fresh() -> Remote:
    """The host deployed only with this checkout's code."""
    return FRESH.hosts["fresh1"]
