"""Killed, frozen, stopped and removed services, and processes without memory: all work is done in the end."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.lab.docker import docker
from tests.lab.shell import as_root, run
from tests.support.wait import wait
from tests.survival.conftest import recovered

if TYPE_CHECKING:
    from tests.support.work import Work
    from tests.survival.conftest import Guarded

NAMES = "$(docker ps --filter label=com.docker.compose.project=airflow --format '{{.Names}}')"
# What an operator, or the kernel, does to all services of a host. The first one kills the processes, so that Docker
# restarts the containers; a container that was killed or stopped by command stays down without airflow-watch.
FAULTS = {
    "SIGKILL of the processes": f"kill -KILL $(docker inspect -f '{{{{.State.Pid}}}}' {NAMES})",
    "docker kill": f"docker kill {NAMES}",
    "docker stop": f"docker stop -t 5 {NAMES}",
    "docker rm": f"docker rm -f {NAMES}",
    "SIGSTOP": f"for name in {NAMES}; do kill -STOP $(docker top $name -eo pid | tail -n +2) || true; done",
}
# A message of eight million letters for the worker.
MESSAGE = """
docker exec -i airflow-scheduler-1 python -W ignore - <<'END'
try:
    from airflow.providers.celery.executors.celery_executor import app
except ImportError:
    from airflow.executors.celery_executor import app
app.control.broadcast("ping", arguments={"x": "y" * 8000000})
END
"""
MEMORY = Path("/sys/fs/cgroup/memory/docker")


@pytest.mark.parametrize("name", ["control1", "data1"])
@pytest.mark.parametrize("fault", FAULTS)
def test_all_services_of_a_host(hosts: dict[str, Guarded], work: Work, fault: str, name: str) -> None:
    run_id = work.start_long(60)
    since = time.monotonic()
    hosts[name].ssh(FAULTS[fault])
    time.sleep(1)
    recovered(hosts, since)
    work.finish(run_id)


def test_a_worker_without_the_database_for_four_minutes(hosts: dict[str, Guarded], work: Work) -> None:
    """No worker is restarted. The scheduler and the triggerer exit without their database, and Docker starts them."""
    data, control = hosts["data1"], hosts["control1"]
    data.ssh("airflow-watch pause postgres --for 30m --reason test && docker stop airflow-postgres-1")
    before, begun = control.ssh(STARTED), control.ssh("date +%s").strip()
    try:
        # The time itself is the fault.
        time.sleep(240)
        assert control.ssh(STARTED) == before
        said = control.ssh(f"journalctl -u airflow-watch --since @{begun} -o cat")
        assert "ERROR: postgres is away; waiting for it, and therefore not restarted: " in said
        assert "restarting " not in said
        assert "does not stay up" not in said
    finally:
        since = time.monotonic()
        data.ssh("airflow-watch resume postgres; docker start airflow-postgres-1")
    recovered(hosts, since)
    work.finish(work.start_long(20))


def test_a_lost_queue(hosts: dict[str, Guarded], work: Work) -> None:
    """The messages of 20 tasks that wait for a slot are deleted."""
    data, control = hosts["data1"], hosts["control1"]
    control.ssh("airflow-watch pause worker --for 30m --reason test && docker stop -t 5 airflow-worker-1")
    runs = [work.trigger("long", seconds=1) for _ in range(20)]
    queued = "SELECT count(*) FROM task_instance WHERE state = 'queued' AND dag_id = 'long'"
    wait(lambda: int(work.sql(queued)) >= 16, 180, "16 queued tasks")
    redis = "docker exec airflow-redis-1 sh -c 'REDISCLI_AUTH=$(cat /run/secrets/redis_password) redis-cli {} {}'"
    tls = "--tls --cacert /usr/local/projects/airflow/ca/ca.crt"
    assert "OK" in data.ssh(redis.format(tls, "FLUSHALL"))
    since = time.monotonic()
    control.ssh("airflow-watch resume worker; docker start airflow-worker-1")
    recovered(hosts, since)
    for run_id in runs:
        wait(lambda run_id=run_id: work.state(run_id) == "success", 1500, f"the success of {run_id}")  # type: ignore[misc]
    print(f"20 lost tasks succeeded {time.monotonic() - since:.0f} s after the loss")


# Words of the command line of a process, and a command that lets it need more memory, if it does not by itself.
VICTIMS = {":MainProcess]": MESSAGE, "/project/marks/": ""}


@pytest.mark.parametrize("victim", VICTIMS)
def test_too_little_memory(hosts: dict[str, Guarded], work: Work, victim: str) -> None:
    """The kernel kills the worker with its tasks, or the container of a task."""
    run_id = work.start_long()
    since = time.monotonic()
    starve(hosts["control1"], victim, VICTIMS[victim])
    recovered(hosts, since)
    work.finish(run_id)


def starve(host: Guarded, words: str, push: str) -> None:
    """Move the processes whose command line has some words into a group with too little memory, and wait for their end.

    Hosts of the lab are containers, in whose engines limits have no effect; but the machine's groups have. What a
    process has already does not count there.
    """
    lines = docker("top", host.container, "-eo", "pid,args").splitlines()[1:]
    pids = [line.split()[0] for line in lines if words in line]
    assert pids, f"no process with {words}"
    group = MEMORY / docker("inspect", "-f", "{{.Id}}", host.container).strip() / "starved"
    run(as_root(["mkdir", "-p", str(group)]))
    for pid in pids:
        run(as_root(["sh", "-c", f"echo {pid} >{group}/cgroup.procs"]))
    run(as_root(["sh", "-c", f"echo 1M >{group}/memory.limit_in_bytes || true"]))
    if push:
        host.ssh(push)
    wait(lambda: not Path(f"/proc/{pids[0]}").exists(), 120, f"the end of {words}")


STARTED = "docker inspect -f '{{.Name}} {{.State.StartedAt}}' airflow-worker-1 airflow-webserver-1"
