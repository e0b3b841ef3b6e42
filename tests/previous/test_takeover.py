"""Takeover of a host that earlier code deployed; `make molecule SCENARIO=previous` makes it and runs all of this.

Nothing here names what was renamed or replaced since then: the host is compared with what it held before, and with a
host that only this checkout has deployed.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

import pytest

from tests.previous import use
from tests.previous.compare import EXPECTED, different, lost
from tests.previous.hosts import BEFORE, LAB, fresh, taken_over
from tests.previous.parts import parts
from tests.remote import wait

if TYPE_CHECKING:
    from tests.remote import Remote

END_SECONDS = 300


@pytest.fixture(scope="session")
def host() -> Remote:
    """The host that was taken over."""
    return taken_over()


@pytest.fixture(scope="session")
def before() -> dict[str, Any]:
    """What it held before."""
    found: dict[str, Any] = json.loads(BEFORE.read_text(encoding="utf-8"))
    return found


@pytest.fixture(scope="session")
def both(host: Remote) -> tuple[dict[str, dict[str, str]], dict[str, dict[str, str]]]:
    """The parts of the host, and those of the fresh one."""
    return parts(host), parts(fresh())


def started(host: Remote) -> str:
    """When each container of the host was started."""
    return host.ssh(
        "docker ps -aq --no-trunc | xargs docker inspect -f '{{.Name}} {{.Id}} {{.State.StartedAt}}' | sort"
    )


def test_tasks_that_ran_meanwhile_ended_well(host: Remote, before: dict[str, Any]) -> None:
    """The process and the container ran until their worker was told to end; the task after them ran on the new one."""
    run = before["handover"]
    wait(lambda: use.state(host, run) in ("success", "failed"), END_SECONDS, "the end of the run")
    assert use.state(host, run) == "success"


def test_nothing_is_lost(host: Remote, before: dict[str, Any]) -> None:
    assert before["found"].keys() == (after := use.read(host)).keys()
    assert all(before["found"].values()), "nothing to lose"
    assert lost(before["found"], after) == []


@pytest.mark.parametrize("kind", EXPECTED)
def test_it_has_the_parts_of_a_fresh_host(both: tuple[dict[str, Any], dict[str, Any]], kind: str) -> None:
    ours, theirs = both
    assert theirs[kind], "nothing found"
    assert different(kind, ours[kind], theirs[kind]) == []


def test_no_kind_of_part_is_left_out(both: tuple[dict[str, Any], dict[str, Any]]) -> None:
    assert list(both[0]) == list(EXPECTED)


def test_the_second_run_changes_nothing_and_restarts_nothing(host: Remote) -> None:
    since = started(host)
    run = LAB.play("site.yml")
    assert (run.code, run.changed) == (0, 0), run.output
    assert started(host) == since


def test_the_pipeline_runs(host: Remote, before: dict[str, Any]) -> None:
    use.run_pipeline(host)
    # It fetches the same links again, at a later time.
    rows = [found["news"]["links"].rpartition(" in ")[2] for found in (use.read(host), before["found"])]
    assert rows[0] == rows[1]


def test_a_release_of_dags_from_before_can_be_gone_back_to(host: Remote, before: dict[str, Any]) -> None:
    current = host.ssh("readlink /usr/local/projects/airflow/dags/current").strip().rpartition("/")[2]
    releases = set(re.findall(r"/releases/([0-9a-f]+)/", " ".join(before["found"]["releases of DAGs"])))
    earlier = min(releases - {current})
    run = LAB.play("playbooks/rollback_airflow_dags.yml", airflow_dags_rollback_to=earlier)
    assert run.code == 0, run.output
    assert host.ssh("readlink /usr/local/projects/airflow/dags/current").strip().endswith(earlier)
