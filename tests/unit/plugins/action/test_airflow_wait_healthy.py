"""The action plugin's reading of container states."""

import importlib.util
from pathlib import Path
from typing import Any

import pytest

SOURCE = Path(__file__).parents[4] / "plugins/action/airflow_wait_healthy.py"
SPEC = importlib.util.spec_from_file_location("airflow_wait_healthy", SOURCE)
assert SPEC
assert SPEC.loader
plugin = importlib.util.module_from_spec(SPEC)
SPEC.loader.exec_module(plugin)


def container(service: str, status: str = "running", health: str | None = None) -> dict[str, Any]:
    state: dict[str, Any] = {"Running": status == "running", "Status": status}
    if health:
        state["Health"] = {"Status": health, "Log": [{"Output": "refused\n"}]}
    return {"State": state, "Config": {"Labels": {"com.docker.compose.service": service}}}


@pytest.mark.parametrize(
    ("containers", "waiting"),
    [
        ([container("redis", health="healthy")], {}),
        ([container("redis")], {}),
        ([container("redis", health="starting")], {"redis": "starting"}),
        ([container("redis", "exited", "unhealthy")], {"redis": "exited"}),
        ([container("redis", "restarting")], {"redis": "restarting"}),
        ([container("other", health="healthy")], {"redis": "no container"}),
    ],
)
def test_services_that_are_not_healthy_yet(containers: list[dict[str, Any]], waiting: dict[str, str]) -> None:
    assert plugin.waiting_for(["redis"], containers) == waiting


def test_the_output_of_the_last_health_check() -> None:
    assert plugin.last_words(container("redis", health="unhealthy")) == "refused"
    assert plugin.last_words(container("redis")) == ""


def test_addresses_are_those_of_running_containers() -> None:
    networks = {"airflow": {"IPAddress": "172.18.0.2"}, "other": {"IPAddress": ""}}
    redis = {**container("redis"), "NetworkSettings": {"Networks": networks}}
    stopped = {**container("postgres", "exited"), "NetworkSettings": {"Networks": {"airflow": {"IPAddress": ""}}}}
    assert plugin.addresses([redis, stopped]) == {"redis": {"airflow": "172.18.0.2"}, "postgres": {}}
