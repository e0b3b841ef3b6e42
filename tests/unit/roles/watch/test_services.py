"""Actions of airflow-watch on services, by their state."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from airflow_watch.iptables import Port
from airflow_watch.pauses import Pause
from airflow_watch.services import Container, container, decide

LATER = datetime(2026, 11, 28, 14, tzinfo=UTC)


def one(status: str, health: str = "", service: str = "worker", **more: Any) -> Container:
    return Container(service, f"airflow-{service}-1", status, health, "no answer", **more)


@pytest.mark.parametrize(
    ("containers", "do", "line"),
    [
        ([], "create", "creating worker, which has no container"),
        ([one("exited", exit_code=137)], "start", "starting worker, which exited with code 137"),
        ([one("exited", "unhealthy")], "start", "starting worker, which exited with code 0"),
        ([one("created")], "start", "starting worker, which is created but not started"),
        ([one("paused", "healthy")], "unpause", "unpausing worker, which `docker pause` froze"),
        ([one("dead")], "recreate", "removing and creating worker, whose container is dead"),
        (
            [one("running", "unhealthy")],
            "restart",
            "restarting airflow-worker-1, whose health check said: no answer",
        ),
        (
            [one("running", "healthy", cut_off=True)],
            "replace",
            "replacing airflow-worker-1, which is no longer in the stack's network",
        ),
        ([one("running", "healthy")], None, ""),
        ([one("running", "starting")], None, ""),
        ([one("running")], None, ""),
        ([one("restarting")], None, ""),
        ([one("removing")], None, ""),
        # A foreign container with the stack's labels, and one that compose left behind next to the service's own.
        ([one("running", "healthy", ours=False)], "create", "creating worker, which has no container"),
        (
            [one("running", "healthy")._replace(name="0a1b2c3d4e5f_airflow-worker-1"), one("exited")],
            "start",
            "starting worker, which exited with code 0",
        ),
        # A container of another service.
        ([one("running", "healthy", "redis")], "create", "creating worker, which has no container"),
    ],
)
def test_action_by_state(containers: list[Container], do: str | None, line: str) -> None:
    actions = decide(["worker"], containers, [])
    assert [(action.do, action.line) for action in actions] == ([] if do is None else [(do, line)])
    # While paused, the state is only reported.
    paused = decide(["worker"], containers, [Pause("ana", "new disk", LATER, "worker")])
    assert [action.do for action in paused] == ([] if do is None else [""])
    if do:
        assert paused[0].line.startswith("worker (")
        assert paused[0].line.endswith("is left alone: paused by ana (new disk) until 2026-11-28T14:00:00+00:00")
    # A pause of another service has no effect; one without a service covers all.
    assert decide(["worker"], containers, [Pause("ana", "", LATER, "redis")]) == actions
    assert [action.do for action in decide(["worker"], containers, [Pause("ana", "", LATER)])] == (
        [] if do is None else [""]
    )


def test_services_are_handled_separately_and_databases_first() -> None:
    containers = [
        one("exited", service="scheduler"),
        one("running", "unhealthy", "redis"),
        one("exited", service="old"),
    ]
    actions = decide(["scheduler", "worker", "postgres", "redis"], containers, [Pause("ana", "", LATER, "worker")])
    assert [(action.service, action.do) for action in actions] == [
        ("postgres", "create"),
        ("redis", "restart"),
        ("scheduler", "start"),
        ("worker", ""),
    ]


def test_a_restart_in_progress_is_not_interrupted() -> None:
    (action,) = decide(["worker"], [one("exited")], [], ["worker"])
    assert (action.do, action.line) == ("", "worker: its restart is still under way")


INSPECTED: dict[str, Any] = {
    "Name": "/airflow-webserver-1",
    "RestartCount": 3,
    "Config": {"Labels": {"com.docker.compose.service": "webserver"}},
    "HostConfig": {"NetworkMode": "airflow"},
    "State": {
        "Status": "running",
        "ExitCode": 0,
        "StartedAt": "2026-11-28T12:00:00.1Z",
        "FinishedAt": "2026-11-28T11:59:59.1Z",
        "Health": {"Status": "unhealthy", "Log": [{"Output": "old"}, {"Output": "refused \n\n"}, {"Output": ""}]},
    },
    "NetworkSettings": {
        "Networks": {"airflow": {}},
        "Ports": {
            "8080/tcp": [{"HostIp": "127.0.0.1", "HostPort": "80"}, {"HostIp": "::", "HostPort": "80"}],
            "53/udp": [{"HostIp": "127.0.0.1", "HostPort": "53"}],
            "9000/tcp": None,
        },
    },
}


def test_the_state_of_a_container_is_parsed() -> None:
    found = container(INSPECTED, "airflow", "airflow")
    assert found == Container(
        service="webserver",
        name="airflow-webserver-1",
        status="running",
        health="unhealthy",
        reason="refused",
        ports=(Port("127.0.0.1", 80, 8080),),
        started="2026-11-28T12:00:00.1Z",
        finished="2026-11-28T11:59:59.1Z",
        restarts=3,
    )
    assert found.text() == "running, unhealthy"
    bare = container(
        {"Name": "/x", "Config": {"Labels": {}}, "State": {"Status": "exited", "ExitCode": 137}}, "airflow", "airflow"
    )
    assert (bare.service, bare.health, bare.reason) == ("", "", "nothing")
    assert bare.text() == "exited with code 137"


@pytest.mark.parametrize(
    ("networks", "mode", "status", "network", "cut_off"),
    [
        ({}, "airflow", "running", "airflow", True),
        (None, "airflow", "running", "airflow", True),
        ({"bridge": {}}, "airflow", "running", "airflow", True),
        ({"bridge": {}, "airflow": {}}, "airflow", "running", "airflow", False),
        ({}, "airflow", "exited", "airflow", False),
        # A user's own definition of the service, and settings of an earlier release.
        ({"host": {}}, "host", "running", "airflow", False),
        ({}, "airflow", "running", "", False),
    ],
)
def test_a_container_outside_of_its_network(
    networks: dict[str, Any] | None, mode: str, status: str, network: str, cut_off: bool
) -> None:
    inspected = {
        **INSPECTED,
        "HostConfig": {"NetworkMode": mode},
        "State": {**INSPECTED["State"], "Status": status},
        "NetworkSettings": {"Networks": networks},
    }
    found = container(inspected, "airflow", network)
    assert found.cut_off is cut_off
    assert ("outside of the stack's network" in found.text()) is cut_off


@pytest.mark.parametrize(
    ("name", "ours"),
    [
        ("airflow-webserver-1", True),
        ("0a1b2c3d4e5f_airflow-webserver-1", True),
        ("debugging", False),
        ("my-airflow-webserver-1", False),
        ("airflow-webserver-1-copy", False),
    ],
)
def test_containers_of_the_stack_are_recognised_by_name(name: str, ours: bool) -> None:
    assert container({**INSPECTED, "Name": f"/{name}"}, "airflow", "airflow").ours is ours
