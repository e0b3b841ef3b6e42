"""Services are restarted by their policies: those that hang, and none that recovers or waits for a server."""

from __future__ import annotations

import json
import shlex
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest

from tests.support.wait import wait

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.watch.conftest import Host

# Seconds until a service that hangs is unhealthy, in the worst case, and until the round after that has acted.
NOTICED_SECONDS = 240
PSQL = "docker exec -i airflow-postgres-1 psql -qAtU airflow"
CONFIG = "/usr/local/projects/airflow/config"
STATE = "SELECT state, try_number FROM task_instance WHERE dag_id = 'healing'"
DAG = """
import pendulum
from airflow import DAG
from airflow.operators.bash import BashOperator
with DAG("healing", schedule=None, start_date=pendulum.datetime(2020, 1, 1), is_paused_upon_creation=False):
    BashOperator(task_id="long", bash_command="sleep 1200", retries=0)
"""


def reason(host: Host, service: str) -> str:
    """Output of the last health check of a service."""
    # Without a container there is no answer, and after a start no check yet.
    checks = json.loads(host.inspect(service, "json .State.Health.Log") or "null") or [{"Output": ""}]
    return str(checks[-1]["Output"]).strip()


def unhealthy(host: Host, service: str) -> bool:
    """Whether Docker takes a running service for unhealthy. It calls every stopped one unhealthy, too."""
    return host.inspect(service, ".State.Status }} {{ .State.Health.Status") == "running unhealthy"


@contextmanager
def down(host: Host, service: str) -> Iterator[None]:
    """Keep a service down, as a person would."""
    host.ssh(f"airflow-watch pause {service} --for 30m --owner test --reason fault; docker stop airflow-{service}-1")
    try:
        yield
    finally:
        host.ssh(f"airflow-watch resume {service}; docker start airflow-{service}-1")


@pytest.fixture
def calm(host: Host) -> Iterator[Host]:
    """The host with all services healthy, before and after a test, and without records of earlier restarts."""
    host.wait_healthy()
    host.ssh("rm -f /run/airflow-watch/healing.json")
    yield host
    host.wait_healthy()


def test_a_database_that_is_away_for_four_minutes_restarts_nothing(calm: Host) -> None:
    before, since = calm.started(), calm.now()
    with down(calm, "postgres"):
        time.sleep(240)
        assert "restarting " not in calm.said(since)
        # A server that people have paused is not reported as away, and neither are the services that wait for it.
        assert "postgres (exited with code 0) is left alone: paused by test" in calm.said(since)
        assert "is away" not in calm.said(since)
        assert reason(calm, "triggerer").startswith("away: postgres: ") or not calm.healthy("triggerer")
    calm.wait_healthy()
    assert "restarting " not in calm.said(since)
    # Docker may have restarted services that exit without their database. A worker does not.
    after = calm.started()
    assert after["worker"] == before["worker"]
    assert after["webserver"] == before["webserver"]


def test_redis_away_for_five_minutes_while_a_task_runs_for_twenty(calm: Host) -> None:
    dags = "/usr/local/projects/airflow/dags/current"
    calm.ssh(f"cat >{dags}/healing.py <<'END'\n{DAG}\nEND")
    try:
        wait(lambda: calm.run("airflow dags trigger healing").returncode == 0, 360, "the DAG")
        state = f"{PSQL} -c {shlex.quote(STATE)}"
        wait(lambda: calm.ssh(state).startswith("running"), 120, "the task")
        before, since = calm.started(), calm.now()
        with down(calm, "redis"):
            time.sleep(300)
            assert "restarting " not in calm.said(since)
            assert calm.ssh(state).startswith("running|1")
        calm.wait_healthy()
        wait(lambda: not calm.ssh(state).startswith("running"), 1500, "the end of the task")
        assert calm.ssh(state) == "success|1\n"
        assert "restarting worker" not in calm.said(since)
        assert calm.started()["worker"] == before["worker"]
    finally:
        calm.ssh(f"rm -f {dags}/healing.py")


def test_a_postgres_that_recovers_for_longer_than_the_check_is_patient_is_left_alone(calm: Host) -> None:
    """It starts recovery with a command that takes long, once. A restart would begin it again."""
    data, note = "/var/lib/postgresql/data", "/dev/shm/waited"
    slow = f"restore_command = 'test -e {note} && exit 1; sleep 330; touch {note}; exit 1'"
    calm.ssh(f'docker exec airflow-postgres-1 sh -c "echo \\"{slow}\\" >>{data}/postgresql.auto.conf"')
    calm.ssh(f"docker exec -u postgres airflow-postgres-1 touch {data}/recovery.signal")
    since = calm.now()
    calm.ssh("docker kill -s KILL airflow-postgres-1")
    wait(lambda: unhealthy(calm, "postgres"), 400, "an unhealthy Postgres")
    started = calm.started()["postgres"]
    assert reason(calm, "postgres").startswith("recovering: ")
    wait(lambda: "postgres is not restarted: it is starting or recovering" in calm.said(since), 60, "a round")
    wait(lambda: calm.healthy("postgres"), 300, "the end of the recovery")
    assert calm.started()["postgres"] == started
    calm.ssh(f"{PSQL} -c 'ALTER SYSTEM RESET restore_command' -c 'SELECT pg_reload_conf()'")
    calm.wait_healthy()
    assert "restarting worker" not in calm.said(since)


@pytest.mark.parametrize("service", ["scheduler", "worker", "postgres", "redis"])
def test_a_stopped_process_is_continued_and_nothing_is_restarted(calm: Host, service: str) -> None:
    before, since = calm.started(), calm.now()
    pid = calm.inspect(service, ".State.Pid")
    calm.ssh(f"kill -STOP {pid} $(pgrep -P {pid})")
    wait(lambda: f"continuing {service}, which SIGSTOP stopped" in calm.said(since), NOTICED_SECONDS, "a continuation")
    wait(lambda: calm.healthy(service), 120, f"a healthy {service}")
    assert "restarting " not in calm.said(since)
    assert calm.started()[service] == before[service]


def test_a_worker_with_a_stale_docker_socket_is_restarted(calm: Host) -> None:
    """The engine creates another socket, as an upgrade may; with live-restore, the worker keeps the old one."""
    since = calm.now()
    calm.ssh("systemctl stop docker.socket docker; rm -f /run/docker.sock; systemctl start docker.socket docker")
    wait(lambda: reason(calm, "worker").startswith("socket: "), 90, "a failed check")
    wait(
        lambda: "restarting worker, whose health check said: /var/run/docker.sock" in calm.said(since), 240, "a restart"
    )
    wait(lambda: calm.healthy("worker"), 180, "a healthy worker")
    inode = "stat -c %i /var/run/docker.sock"
    assert calm.ssh(inode) == calm.ssh(f"docker exec airflow-worker-1 {inode}")


# Commands that set another password in the servers, and that set the stack's again. No password is in an argument list.
OTHER = {
    "postgres": f"echo \"ALTER ROLE airflow PASSWORD 'other'\" | {PSQL}",
    "redis": "docker exec airflow-redis-1 sh -c "
    "'REDISCLI_AUTH=$(cat /run/secrets/redis_password) redis-cli config set requirepass other'",
}
OWN = {
    "postgres": f"""{PSQL} <<'END'
\\set own `cat /run/secrets/postgres_password`
ALTER ROLE airflow PASSWORD :'own';
END""",
    "redis": "docker exec airflow-redis-1 sh -c "
    "'printf %s $(cat /run/secrets/redis_password) | REDISCLI_AUTH=other redis-cli -x config set requirepass'",
}


def test_wrong_passwords_make_servers_unhealthy_and_restart_nothing(calm: Host) -> None:
    before, since = calm.started(), calm.now()
    try:
        for service, command in OTHER.items():
            calm.ssh(command)
            wait(lambda service=service: unhealthy(calm, service), NOTICED_SECONDS, f"an unhealthy {service}")  # type: ignore[misc]
            assert reason(calm, service).startswith("refused: ")
            line = f"ERROR: {service} is not restarted: a restart changes no password"
            wait(lambda line=line: line in calm.said(since), 60, "a round")  # type: ignore[misc]
        assert "restarting " not in calm.said(since)
    finally:
        for command in OWN.values():
            calm.run(command)
    calm.wait_healthy()
    after = calm.started()
    for service in ("postgres", "redis", "worker"):
        assert after[service] == before[service]


def test_after_the_budget_a_unit_fails_and_recovers_with_the_service(calm: Host) -> None:
    unit, check = "airflow-watch-gave-up-webserver.service", f"{CONFIG}/health.py"
    # In place: the containers have the file itself mounted.
    calm.ssh(f"cp {check} /tmp/health.py")
    fault = "import sys\\nif sys.argv[1] == 'http':\\n    print('hangs: fault of the test')\\n    sys.exit(1)\\n"
    calm.ssh(f'(printf "{fault}"; cat /tmp/health.py) >/tmp/broken.py; cat /tmp/broken.py >{check}')
    calm.ssh("systemctl stop airflow-watch.timer")
    # Four restarts within the last hour.
    note = 'up=$(cut -d. -f1 /proc/uptime); echo \'{"webserver": ["", 0, -1, [\'$up, $up, $up, $up\'], 0, 0, ""]}\''
    calm.ssh(f"{note} >/run/airflow-watch/healing.json; systemctl start airflow-watch.timer")
    since = calm.now()
    try:
        wait(lambda: unit in calm.ssh("systemctl --failed --plain --no-legend"), NOTICED_SECONDS, "a failed unit")
        assert "webserver: gave up for " in calm.ssh(f"systemctl show -P Description {unit}")
        assert f"(systemctl status {unit.removesuffix('.service')})" in calm.ssh("airflow-watch status")
        assert "restarting " not in calm.said(since)
    finally:
        calm.ssh(f"cat /tmp/health.py >{check}")
    wait(lambda: unit not in calm.ssh("systemctl --failed --plain --no-legend"), 120, "a healthy unit")


def test_services_are_healthy_under_full_load(calm: Host) -> None:
    """Slow is not broken."""
    before = calm.started()
    burn = "timeout 200 sh -c 'while :; do :; done'"
    calm.ssh(f"for i in $(seq 16); do docker exec -d airflow-worker-1 {burn}; done")
    seen: set[str] = set()
    until = time.monotonic() + 200
    while time.monotonic() < until:
        time.sleep(10)
        seen |= {service for service in before if not calm.healthy(service)}
    assert seen == set()
    assert calm.started() == before
