"""Finding Airflow's container, and reading its answers."""

from __future__ import annotations

import json
from typing import Any

import pytest
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.containers.airflow import (
    CONTAINER_OPTIONS,
    SENTENCES,
    InsideError,
    NotRunningError,
    find_container,
    run_inside,
    run_program,
    sentence,
)
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.containers.program import LOADER
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.inside import info
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.inside.main import MARK

DEFAULTS: dict[str, Any] = {name: option.get("default") for name, option in CONTAINER_OPTIONS.items()}


class Docker:
    """Stand in for the docker command, and record its arguments and input."""

    def __init__(self, out: str = "", rc: int = 0, err: str = "") -> None:
        self.answer = (rc, out, err)
        self.argv: list[str] = []
        self.data = ""

    def __call__(self, argv: list[str], data: str = "", **_: Any) -> tuple[int, str, str]:
        self.argv, self.data = argv, data
        return self.answer


@pytest.mark.parametrize(
    ("listed", "options", "expected"),
    [
        ("airflow-worker-1\tworker\nairflow-scheduler-1\tscheduler\n", {}, "airflow-scheduler-1"),
        ("airflow-redis-1\tredis\nairflow-worker-1\tworker\n", {}, "airflow-worker-1"),
        # Hosts that run one service of Airflow 3.
        ("airflow-dag-processor-1\tdag-processor\n", {}, "airflow-dag-processor-1"),
        ("airflow-redis-1\tredis\nairflow-execution-api-1\texecution-api\n", {}, "airflow-execution-api-1"),
        ("a-dag-processor-1\tdag-processor\na-scheduler-1\tscheduler\n", {}, "a-scheduler-1"),
        ("a-web-1\tweb\na-x-1\tx\n", {"services": ["x", "web"]}, "a-x-1"),
        ("mine-too\t\nmine\t\n", {"container": "mine"}, "mine"),
    ],
)
def test_finds_the_first_running_service(listed: str, options: dict[str, Any], expected: str) -> None:
    docker = Docker(listed)
    assert find_container(docker, "/usr/bin/docker", {**DEFAULTS, **options}) == expected
    assert docker.argv[:4] == ["/usr/bin/docker", "ps", "--filter", "status=running"]
    assert ("label=com.docker.compose.project=airflow" in docker.argv) is ("container" not in options)


@pytest.mark.parametrize(
    ("path", "docker", "options", "expected"),
    [
        (None, Docker(), {}, "has no docker command; install Docker"),
        (
            "d",
            Docker(rc=1, err="Cannot connect to the daemon\nmore"),
            {},
            "does not answer: Cannot connect to the daemon",
        ),
        (
            "d",
            Docker(""),
            {"project": "p"},
            "compose project 'p' runs none of the services scheduler, dag-processor, webserver, worker",
        ),
        ("d", Docker("airflow-redis-1\tredis\n"), {}, "start the stack (playbooks/deploy_airflow_stack.yml)"),
        ("d", Docker("other\tscheduler\n"), {"container": "mine"}, "no container named 'mine' is running"),
    ],
)
def test_the_error_says_what_to_do_if_no_service_runs(
    path: str | None, docker: Docker, options: dict[str, Any], expected: str
) -> None:
    with pytest.raises(NotRunningError) as caught:
        find_container(docker, path, {**DEFAULTS, **options})
    assert expected in str(caught.value)
    assert "host " in str(caught.value)


def inside(docker: Docker) -> dict[str, Any]:
    actions = [{"name": "info", "secret": "find-me"}]
    return run_inside(docker, "docker", "c", timeout=5, programs=[info], actions=actions)


def test_data_is_passed_on_standard_input_only() -> None:
    docker = Docker(f"noise\n{MARK}" + json.dumps({"reports": {"info": {"a": 1}}, "error": None}) + "\n")
    assert inside(docker) == {"info": {"a": 1}}
    assert docker.argv == ["docker", "exec", "-i", "c", "python", "-c", LOADER]
    request = json.loads(docker.data)
    assert request["actions"] == [{"name": "info", "secret": "find-me"}]
    assert request["modules"] == ["info"]
    assert {"main", "info"} < set(request["program"])
    assert docker.data.isascii()


def test_a_python_on_the_host_runs_the_same_program() -> None:
    docker = Docker(MARK + json.dumps({"reports": {}, "error": None}))
    python = ["/venv/bin/python"]
    assert run_program(docker, python, "here", timeout=5, programs=[], actions=[]) == {}
    assert docker.argv == ["/venv/bin/python", "-c", LOADER]
    with pytest.raises(InsideError, match=r"^here: its process exited with code 3"):
        run_program(Docker(rc=3), python, "here", timeout=5, programs=[], actions=[])


def test_errors_carry_the_reports_of_earlier_actions() -> None:
    reports = {"info": {"undecryptable": ["a", "b"]}}
    error = {"kind": "fernet", "detail": "d"}
    with pytest.raises(InsideError) as caught:
        inside(Docker(MARK + json.dumps({"reports": reports, "error": error})))
    assert str(caught.value).startswith("container c: Airflow cannot decrypt a, b, encrypted with another Fernet key.")
    assert caught.value.reports == reports


@pytest.mark.parametrize(
    ("docker", "expected"),
    [
        (Docker(rc=137), "exited with code 137 and no result: no output"),
        (Docker(rc=126, err="OCI runtime\nno python\n"), "exited with code 126 and no result: no python"),
    ],
)
def test_a_container_without_a_result_is_an_error(docker: Docker, expected: str) -> None:
    with pytest.raises(InsideError, match=expected):
        inside(docker)


@pytest.mark.parametrize("kind", SENTENCES)
def test_every_kind_of_error_has_a_sentence(kind: str) -> None:
    text = sentence({"kind": kind, "detail": "the detail"}, ["name"])
    assert "the detail" in text or "name" in text
