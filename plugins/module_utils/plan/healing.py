"""The policy of airflow-watch for each service: when it may restart a service that fails its health check."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

Dict = dict[str, Any]

# What a failed health check may report and a restart may cure. The checks, files/health.py and health.sh of role
# airflow_stack, also report what it cannot: `recovering`, `refused`, `disk`, and `away`: a needed server is away.
EVIDENCE = ("hangs", "heartbeat", "queue", "socket", "busy", "error")
# Variables in seconds.
SECONDS = ("airflow_healing_patience", "airflow_healing_recovery", "airflow_healing_backoff")


def policies(table: Mapping[str, Any], running: Sequence[str], inputs: Mapping[str, Any]) -> dict[str, Dict]:
    """Return the policies of a host's services; their keys are explained in the filter airflow_plan.

    Args:
        table: The service table.
        running: The services of the host that run all the time.
        inputs: The public variables of role airflow that are set, by name.
    """
    patience, recovery, backoff = (int(inputs[name]) for name in SECONDS)
    return {
        name: {
            "needs": list(table[name]["healing"].get("needs", [])),
            "after": {kind: times * patience for kind, times in table[name]["healing"]["after"].items()},
            "recovery": recovery,
            "backoff": backoff,
            "hourly": table[name]["healing"]["hourly"],
        }
        for name in running
    }
