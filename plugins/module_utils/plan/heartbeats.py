"""Heartbeats of Airflow's jobs: their interval, and the age at which the health checks take a job for dead."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from ansible_collections.ansible_airflow.airflow.plugins.module_utils.findings.finding import Finding
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.plan.options import given

# Airflow's defaults in seconds, the same for all jobs and releases.
BEAT, LIMIT = 5, 30
# A working job may be as old as two intervals, as 2.5 writes a heartbeat to the database with the next one; a busy one
# is a little late.
BEATS = 3
Rows = Mapping[str, Mapping[str, str]]


def limits(config: Mapping[str, Any], rows: Rows) -> dict[str, int]:
    """Return the seconds after which a job without a heartbeat counts as dead, by the type of the job.

    Args:
        config: Value of ``airflow_config``, accepted by heartbeat_problems.
        rows: ``heartbeats`` of the release's row.
    """
    return {job: int(_value(config, row["limit"], LIMIT)) for job, row in rows.items()}


def heartbeat_problems(config: Mapping[str, Any], rows: Rows) -> list[Finding]:
    """Refuse heartbeats that are so rare that working services would count as dead, to Airflow too.

    Args:
        config: Value of ``airflow_config``.
        rows: ``heartbeats`` of the release's row.
    """
    problems = []
    for row in rows.values():
        beat, limit = _value(config, row["beat"], BEAT), _value(config, row["limit"], LIMIT)
        if not re.fullmatch(r"[0-9]*[1-9][0-9]*", str(beat)):
            text = f"{beat!r} must be the seconds between two heartbeats, a whole number such as {BEAT}."
            problems.append(Finding("heartbeat-invalid", f"airflow_config.{row['beat']}", text))
        elif not str(limit).isdigit() or int(limit) < BEATS * int(beat):
            text = (
                f"{limit!r} must be a number of seconds of at least {BEATS * int(beat)}, {BEATS} times {row['beat']} "
                f"({beat}), or services that work count as dead and are restarted; write a higher one, or shorten the "
                "interval."
            )
            problems.append(Finding("heartbeat-rare", f"airflow_config.{row['limit']}", text))
    return list(dict.fromkeys(problems))


def _value(config: Mapping[str, Any], option: str, default: int) -> Any:
    """Return an option's value, or its default if it is not given."""
    value = given(config, *option.split(".", 1))
    return default if value is None else value
