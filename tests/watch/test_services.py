"""Stopped services are started again unless they are paused, and a pause ends by itself."""

from __future__ import annotations

import json
import os
import signal
from typing import TYPE_CHECKING

import pytest

from tests.support.wait import wait
from tests.watch.conftest import HEALED_SECONDS, in_order

if TYPE_CHECKING:
    from tests.watch.conftest import Host

PAUSES = "/var/lib/airflow-watch/pauses"


@pytest.mark.parametrize(
    ("service", "fault", "words"),
    [
        ("worker", "docker kill -s KILL airflow-worker-1", "starting worker, which exited with code 137"),
        ("redis", "docker stop airflow-redis-1", "starting redis, which exited with code 0"),
        ("webserver", "docker pause airflow-webserver-1", "unpausing webserver, which `docker pause` froze"),
        ("triggerer", "docker rm -f airflow-triggerer-1", "creating triggerer, which has no container"),
        ("postgres", "docker rm -f airflow-postgres-1", "creating postgres, which has no container"),
    ],
)
def test_what_is_down_is_started_again(host: Host, service: str, fault: str, words: str) -> None:
    before = host.started()
    images, since = host.ssh("docker images -q | sort"), host.now()
    host.ssh(fault)
    wait(lambda: f"{service} runs again" in host.said(since), HEALED_SECONDS, f"a start of {service}")
    host.wait_healthy()
    assert words in host.said(since)
    assert "ERROR" not in host.said(since)
    # Airflow's services may exit without Postgres or Redis, and a worker that lost its queue with Redis is restarted.
    if service not in ("postgres", "redis"):
        again = {name for name, at in host.started().items() if at != before[name]}
        assert again - {"worker"} <= {service}
    assert host.ssh("docker images -q | sort") == images


@pytest.mark.parametrize("service", ["worker", "webserver"])
def test_a_service_starts_although_a_process_has_its_previous_pid(host: Host, service: str) -> None:
    """PID files survive a power failure in a container; the test writes PID 1, which always exists."""
    container, since = f"airflow-{service}-1", host.now()
    for line in host.ssh(f"docker diff {container}").splitlines():
        if line.endswith(".pid"):
            host.ssh(f"docker exec {container} sh -c 'echo 1 > {line.split()[1]}'")
    host.ssh(f"docker kill -s KILL {container}")
    wait(lambda: f"{service} runs again" in host.said(since), HEALED_SECONDS, f"a start of {service}")
    host.wait_healthy()
    assert host.inspect(service, ".RestartCount") == "0"
    assert "ERROR" not in host.said(since)


def test_a_container_that_lost_the_stack_s_network_is_replaced(host: Host) -> None:
    before, since = host.started(), host.now()
    old = host.inspect("worker", ".Id")
    host.ssh("docker network disconnect airflow airflow-worker-1")
    wait(lambda: "replacing airflow-worker-1, which is no longer in the" in host.said(since), HEALED_SECONDS, "a round")
    wait(lambda: host.inspect("worker", ".Id") not in ("", old), HEALED_SECONDS, "a new container")
    wait(lambda: host.healthy("worker"), 300, "a healthy worker")
    assert host.inspect("worker", ".NetworkSettings.Networks.airflow.IPAddress")
    assert {name for name, at in host.started().items() if at != before[name]} == {"worker"}
    assert "ERROR" not in host.said(since)


def test_the_next_run_of_site_yml_keeps_recreated_containers(host: Host) -> None:
    run = host.lab.play("site.yml")
    assert (run.code, run.changed) == (0, 0), run.output
    assert host.ssh(f"ls {PAUSES}") == ""


def test_a_pause_holds_until_it_is_ended(host: Host) -> None:
    paused = host.ssh("airflow-watch pause worker --for 30m --owner ana --reason 'new disk'")
    assert paused.startswith("worker: paused by ana (new disk) until ")
    since = host.now()
    host.ssh("docker stop -t 5 airflow-worker-1; docker rm -f airflow-triggerer-1")
    wait(lambda: "triggerer runs again" in host.said(since), HEALED_SECONDS, "a round")
    assert host.inspect("worker", ".State.Status") == "exited"
    status = host.ssh("airflow-watch status")
    assert paused.strip() in status
    assert "(paused)" in next(line for line in status.splitlines() if line.startswith("worker: exited"))
    # A pause does not affect the firewall.
    host.ssh("airflow-watch pause --for 30m --owner bo")
    host.ssh("systemctl stop airflow-firewall; nft delete table inet airflow_firewall")
    wait(lambda: "the firewall is active again" in host.said(since), HEALED_SECONDS, "the firewall's return")
    refused = host.run("airflow-watch resume --owner ana worker; airflow-watch resume worker")
    assert "worker stays paused by bo until" in refused.stderr
    host.ssh("airflow-watch resume")
    wait(lambda: host.healthy("worker"), 2 * HEALED_SECONDS, "the worker")


def test_a_pause_ends_a_restart_that_is_under_way(host: Host) -> None:
    unit = "airflow-watch-restart-worker.service"
    host.ssh(f"systemd-run --quiet --unit={unit} sleep 600")
    assert "worker: running, healthy (its restart is under way)" in host.ssh("airflow-watch status")
    said = host.ssh("airflow-watch pause worker --for 30m --owner ana; airflow-watch resume worker --owner ana")
    assert "worker: its restart was under way and is cancelled." in said
    assert host.run(f"systemctl is-active {unit}").stdout.strip() == "inactive"


def test_invalid_and_expired_pause_files_are_ignored(host: Host) -> None:
    since = host.now()
    old = {"owner": "ana", "reason": "", "expires": "2020-01-01T00:00:00+00:00", "service": "worker"}
    host.ssh(f"echo '{json.dumps(old)}' >{PAUSES}/old.json; echo '{{' >{PAUSES}/broken.json")
    host.ssh("docker kill -s KILL airflow-worker-1")
    wait(lambda: "worker runs again" in host.said(since), HEALED_SECONDS, "the worker")
    assert "broken.json is ignored: it is not JSON" in host.said(since)
    assert host.ssh(f"ls {PAUSES}") == "broken.json\n"
    host.ssh(f"rm {PAUSES}/broken.json")
    host.wait_healthy()


@pytest.mark.parametrize(
    ("words", "refusal"),
    [
        ("worker --for soon", "--for 'soon' is not a duration; write minutes, hours or days, such as 30m, 2h or 1d"),
        ("worker --for 9999d", "--for 9999d is more than 365d"),
        ("wroker --for 2h", "no service 'wroker' on this host; write one of postgres, redis, scheduler, triggerer, "),
        ("worker", "the following arguments are required: --for"),
    ],
)
def test_nonsense_is_refused(host: Host, words: str, refusal: str) -> None:
    run = host.run(f"airflow-watch pause {words}")
    assert run.returncode != 0
    assert refusal in run.stderr
    assert host.ssh(f"ls {PAUSES}") == ""


def test_a_run_that_is_killed_leaves_a_pause_with_an_end(host: Host) -> None:
    with host.lab.start("playbooks/deploy_airflow_stack.yml", airflow_environment={"KILLED": "1"}) as run:
        wait(lambda: host.ssh(f"ls {PAUSES}"), 300, "the run's pause")
        os.killpg(run.pid, signal.SIGKILL)
    host.ssh("docker kill -s KILL airflow-worker-1")
    since = host.now()
    wait(lambda: "worker (exited with code 137) is left alone" in host.said(since), HEALED_SECONDS, "a round")
    assert "paused by site.yml (run by " in host.ssh("airflow-watch status")
    # Let the pause expire.
    host.ssh(f'sed -i \'s/"expires": "[^"]*"/"expires": "2020-01-01T00:00:00+00:00"/\' {PAUSES}/*')
    wait(lambda: "worker runs again" in host.said(since), HEALED_SECONDS, "the worker")
    assert host.ssh(f"ls {PAUSES}") == ""
    again = host.lab.play("site.yml")
    assert again.code == 0, again.output
    assert host.ssh(f"ls {PAUSES}") == ""


def test_without_the_definition_a_round_fails_and_names_the_file(host: Host) -> None:
    file = "/usr/local/projects/airflow/compose.yml"
    since = host.now()
    host.ssh(f"mv {file} {file}.away")
    try:
        wait(host.failed, HEALED_SECONDS, "a round that fails")
        assert f"{file}, which lists the stack's services, is missing; run site.yml" in host.said(since)
    finally:
        host.ssh(f"mv {file}.away {file}")
    wait(lambda: not host.failed(), HEALED_SECONDS, "a round that succeeds")


def test_a_slow_restart_hinders_nothing_else(host: Host) -> None:
    """A worker's restart may wait for its tasks until the end of the grace period."""
    unit = "airflow-watch-restart-worker.service"
    before, since = host.inspect("worker", ".State.StartedAt"), host.now()
    host.ssh(f"systemd-run --quiet --unit={unit} sh -c 'sleep 600; docker restart airflow-worker-1'")
    try:
        # Keep Docker's own rules: a restart of Docker would abort the worker's restart, which would begin again.
        host.ssh(
            "systemctl stop airflow-firewall; nft delete table inet airflow_firewall; docker rm -f airflow-triggerer-1"
        )
        wait(lambda: "triggerer runs again" in host.said(since), HEALED_SECONDS, "the triggerer")
        wait(lambda: in_order(host), HEALED_SECONDS, "the rules' return")
        assert host.reached() == []
        assert "worker: its restart is still under way" in host.said(since)
        assert host.inspect("worker", ".State.StartedAt") == before
    finally:
        host.ssh(f"systemctl stop {unit}")
    host.wait_healthy()


def test_a_service_that_cannot_start_is_tried_again_and_reported_by_a_unit(host: Host) -> None:
    """As at boot, when the address on which it is published appears late (moby#39559)."""
    unit, other = "airflow-watch-cannot-start-webserver.service", "python3 -m http.server 8080 --bind 127.0.0.1"
    since = host.now()
    host.ssh(f"docker kill -s KILL airflow-webserver-1; systemd-run --quiet --unit=squatter {other}")
    try:
        wait(lambda: unit in host.ssh("systemctl --failed --plain --no-legend"), 300, "a failed unit")
        assert "starts of webserver failed: " in host.ssh(f"systemctl show -P Description {unit}")
        assert "until the next attempt" in host.said(since)
    finally:
        host.ssh("systemctl stop squatter")
    wait(lambda: "webserver runs again" in host.said(since), 330, "the web server")
    wait(lambda: unit not in host.ssh("systemctl --failed --plain --no-legend"), 300, "the end of the unit")
    host.wait_healthy()
