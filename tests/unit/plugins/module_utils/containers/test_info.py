"""All subsets are requested in one call; a failed one is reported with its reason, along with the other answers."""

from __future__ import annotations

import json
from typing import Any

import pytest
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.containers.airflow import InsideError
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.containers.info import ask
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.inside.main import MARK

OPTIONS = {"subset": ["version", "workers"], "worker_timeout": 1.5, "worker_count": 2, "timeout": 9, "project": "x"}
BROKER = {"kind": "broker", "detail": "refused"}


@pytest.mark.parametrize(
    ("report", "answers", "reasons"),
    [
        ({"version": "2.5.3", "failed": {}}, {"version": "2.5.3"}, []),
        (
            {"version": "2.5.3", "failed": {"workers": BROKER}},
            {"version": "2.5.3"},
            ["workers: Airflow's broker does not answer (refused); start the service redis or wait for it."],
        ),
    ],
)
def test_answers_and_reasons(report: dict[str, Any], answers: dict[str, Any], reasons: list[str]) -> None:
    calls: list[tuple[list[str], dict[str, Any]]] = []

    def run(argv: list[str], data: str, **_: Any) -> tuple[int, str, str]:
        calls.append((argv, json.loads(data)))
        return 0, f"{MARK}{json.dumps({'reports': {'info': report}, 'error': None})}\n", ""

    assert ask(run, "docker", "airflow-scheduler-1", OPTIONS) == (answers, reasons)
    ((argv, request),) = calls
    assert argv[:5] == ["docker", "exec", "-i", "airflow-scheduler-1", "python"]
    assert request["timeout"] == OPTIONS["timeout"]
    asked = {name: OPTIONS[name] for name in ("subset", "worker_timeout", "worker_count")}
    assert request["actions"] == [{**asked, "name": "info"}]


def test_a_failed_process_is_reported() -> None:
    with pytest.raises(InsideError, match="container c: its process exited with code 1 and no result: gone"):
        ask(lambda *_, **__: (1, "", "gone"), "docker", "c", OPTIONS)
