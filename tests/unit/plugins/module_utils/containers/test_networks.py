"""The stack's network, as the engine describes it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.containers.engine import EngineError
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.containers.networks import TASK_LABEL, network

ROOT = Path(__file__).resolve().parents[5]


class Answers:
    """An engine with one answer by the beginning of the path."""

    def __init__(self, **answers: tuple[int, Any]) -> None:
        self.answers = answers

    def get(self, path: str) -> tuple[int, Any]:
        """Return the answer."""
        return self.answers[path.split("/")[1]]


def container(name: str, **labels: str) -> dict[str, Any]:
    return {"Names": [f"/{name}"], "Labels": {key.replace("_", "."): value for key, value in labels.items()}}


USERS = [
    container("airflow-worker-1", com_docker_compose_project="airflow"),
    container("task", airflow_stack="0123"),
    container("grafana"),
    container("api", com_docker_compose_project="shop"),
]


@pytest.mark.parametrize(
    ("answer", "settings", "subnets"),
    [
        (
            {"Labels": {}, "IPAM": {"Config": [{"Subnet": "172.18.0.0/16", "Gateway": "172.18.0.1"}]}},
            "",
            ["172.18.0.0/16"],
        ),
        ({"Labels": {"ansible-airflow.network": "mtu=1450"}, "IPAM": {"Config": None}}, "mtu=1450", []),
        (
            {"Labels": None, "IPAM": {"Config": [{"Subnet": "fd00::/64"}, {"Subnet": "10.1.0.0/24"}]}},
            "",
            ["10.1.0.0/24"],
        ),
        ({}, "", []),
    ],
)
def test_a_network_has_settings_subnets_and_guests(answer: dict[str, Any], settings: str, subnets: list[str]) -> None:
    engine: Any = Answers(networks=(200, answer), containers=(200, USERS))
    assert network(engine, "airflow", "airflow") == {
        "settings": settings,
        "subnets": subnets,
        "guests": ["api", "grafana"],
    }


def test_without_a_network_there_is_nothing() -> None:
    engine: Any = Answers(networks=(404, {"message": "network airflow not found"}))
    assert network(engine, "airflow", "airflow") == {}


@pytest.mark.parametrize("answers", [{"networks": (500, {})}, {"networks": (200, {}), "containers": (500, {})}])
def test_another_answer_is_an_error(answers: dict[str, Any]) -> None:
    engine: Any = Answers(**answers)
    with pytest.raises(EngineError):
        network(engine, "airflow", "airflow")


def test_tasks_containers_have_the_label() -> None:
    text = (ROOT / "roles/airflow_stack/files/stack_containers.py").read_text()
    assert f'STACK, DAG, TASK, RUN = "{TASK_LABEL}",' in text
