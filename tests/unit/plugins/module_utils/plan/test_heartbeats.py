"""Options of airflow.cfg that change heartbeats reach the health checks, or are refused."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.plan.heartbeats import heartbeat_problems, limits

from tests import tables

OLD, NEW = (tables.releases()[series]["heartbeats"] for series in ("2.5", "3.3"))


def test_the_limit_of_each_job_is_that_of_airflow() -> None:
    assert limits({}, OLD) == {"SchedulerJob": 30, "TriggererJob": 30}
    config = {
        "scheduler": {"Scheduler_Health_Check_Threshold": "90"},
        "triggerer": {"triggerer_health_check_threshold": 60},
        "dag_processor": {"health_check_threshold": 45},
    }
    # Airflow 2.5 has only one option.
    assert limits(config, OLD) == {"SchedulerJob": 90, "TriggererJob": 90}
    assert limits(config, NEW) == {"SchedulerJob": 90, "TriggererJob": 60, "DagProcessorJob": 45}
    assert limits(config, tables.releases()["3.1"]["heartbeats"])["DagProcessorJob"] == 90


@pytest.mark.parametrize(
    "config",
    [
        {},
        {"scheduler": {"scheduler_heartbeat_sec": 10, "job_heartbeat_sec": "10"}},
        {"scheduler": {"scheduler_heartbeat_sec": 20, "scheduler_health_check_threshold": 60}},
        {"triggerer": {"job_heartbeat_sec": 600}},
    ],
)
def test_heartbeats_that_fit_are_accepted(config: Any) -> None:
    assert heartbeat_problems(config, OLD) == []


@pytest.mark.parametrize(
    ("config", "rows", "words"),
    [
        (
            {"scheduler": {"scheduler_heartbeat_sec": 20}},
            OLD,
            "airflow_config.scheduler.scheduler_health_check_threshold: 30 must be a number of seconds of at least 60, "
            "3 times scheduler.scheduler_heartbeat_sec (20), or services that work count as dead",
        ),
        (
            {"scheduler": {"job_heartbeat_sec": 30}},
            OLD,
            "airflow_config.scheduler.scheduler_health_check_threshold: 30 must be a number of seconds of at least 90",
        ),
        (
            {"triggerer": {"job_heartbeat_sec": 30}},
            NEW,
            "airflow_config.triggerer.triggerer_health_check_threshold: 30 must be a number of seconds of at least 90",
        ),
        (
            {"dag_processor": {"health_check_threshold": 10}},
            NEW,
            "airflow_config.dag_processor.health_check_threshold: 10 must be a number of seconds of at least 15",
        ),
        ({"dag_processor": {"health_check_threshold": "x"}}, NEW, "'x' must be a number of seconds"),
        *(
            (
                {"scheduler": {"scheduler_heartbeat_sec": value}},
                OLD,
                f"airflow_config.scheduler.scheduler_heartbeat_sec: {value!r} must be the seconds between two",
            )
            for value in (0, -5, "5s", 2.5, "", True)
        ),
    ],
)
def test_heartbeats_too_rare_for_their_limit_are_refused(config: Any, rows: Any, words: str) -> None:
    (problem,) = heartbeat_problems(config, rows)
    assert words in problem


@pytest.mark.parametrize("series", tables.releases())
def test_every_job_that_a_health_check_looks_at_has_heartbeats(series: str) -> None:
    row = tables.releases()[series]
    jobs = {found["health"][1] for found in row["services"].values() if found["health"][0] == "job"}
    assert set(row["heartbeats"]) == jobs
    assert {key for words in row["heartbeats"].values() for key in words} == {"beat", "limit"}
