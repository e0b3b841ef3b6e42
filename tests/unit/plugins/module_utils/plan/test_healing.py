"""The policies of airflow-watch follow from the service table and the variables of healing."""

from __future__ import annotations

import re

from ansible_collections.ansible_airflow.airflow.plugins.module_utils.plan.healing import EVIDENCE, policies

from tests import tables
from tests.lab.names import REPO

TABLE = tables.services()
INPUTS = {"airflow_healing_patience": 30, "airflow_healing_recovery": "180", "airflow_healing_backoff": 60}
RUNNING = list(tables.groups())


def test_policies_of_the_services_of_a_host() -> None:
    assert policies(TABLE, ["worker"], INPUTS) == {
        "worker": {
            "needs": ["postgres", "redis"],
            "after": {"hangs": 30, "queue": 30, "socket": 30, "busy": 600},
            "recovery": 180,
            "backoff": 60,
            "hourly": 4,
        }
    }
    assert policies(TABLE, ["postgres"], {**INPUTS, "airflow_healing_patience": 60})["postgres"]["after"] == {
        "hangs": 600
    }


def test_every_long_running_service_has_a_policy() -> None:
    assert {name for name, row in TABLE.items() if "healing" in row} == set(RUNNING)
    for name in RUNNING:
        healing = TABLE[name]["healing"]
        assert set(healing) <= {"needs", "after", "hourly"}, name
        assert set(healing["after"]) <= set(EVIDENCE), name
        assert all(isinstance(number, int) and number > 0 for number in [*healing["after"].values(), healing["hourly"]])
        assert set(healing.get("needs", [])) <= set(RUNNING) - {name}, name


def test_postgres_and_redis_are_restarted_only_if_they_hang() -> None:
    for name in ("postgres", "redis"):
        assert set(TABLE[name]["healing"]["after"]) == {"hangs"}


def test_the_evidence_is_what_the_health_checks_print() -> None:
    files = REPO / "roles" / "airflow_stack" / "files"
    python = (files / "health.py").read_text(encoding="utf-8")
    shell = (files / "health.sh").read_text(encoding="utf-8")
    printed = set(re.findall(r'(?:CheckError|fail)\("(\w+)"', python)) | set(re.findall(r"fail (\w+) ", shell))
    # airflow-watch itself finds that a worker is busy.
    assert set(EVIDENCE) - printed == {"busy"}
    assert printed - set(EVIDENCE) == {"recovering", "refused", "disk"}
