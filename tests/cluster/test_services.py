"""Services on several hosts work together: tasks, their logs, the heartbeats, and a run that changes nothing."""

from __future__ import annotations

from tests import tables
from tests.cluster.conftest import Cluster
from tests.lab import platforms
from tests.lab.names import AIRFLOW_VERSION, REPO
from tests.support.wait import wait

PLATFORMS = REPO / "molecule" / "cluster" / "molecule.yml"
PIPELINE = {"fetch", "remove_expired"}


def test_every_host_runs_the_services_of_its_groups(cluster: Cluster) -> None:
    found = {name.split("/")[0]: set[str]() for name in cluster.started()}
    for name in cluster.started():
        host, container = name.split("/")
        found[host].add(container.removeprefix("airflow-").removesuffix("-1"))
    release = tables.row(AIRFLOW_VERSION)["services"]
    lacking = {name for name, row in tables.services().items() if row.get("airflow") and name not in release}
    assert found == {
        host.name: {name for name, group in tables.groups().items() if group in host.groups} - lacking
        for host in platforms.read(PLATFORMS)
        if not host.serves
    }


def test_the_pipeline_runs_on_each_worker_host(cluster: Cluster) -> None:
    for worker in cluster.workers:
        others = [other for other in cluster.workers if other is not worker]
        for other in others:
            other.ssh("airflow-watch pause worker --for 30m && docker stop -t 60 airflow-worker-1")
        try:
            tasks = cluster.finish(cluster.trigger("news_fetcher"))
        finally:
            for other in others:
                other.ssh("airflow-watch resume worker && docker start airflow-worker-1")
        assert {task: found[:2] for task, found in tasks.items()} == dict.fromkeys(PIPELINE, ("success", worker.name))
    assert int(cluster.sql("SELECT count(*) FROM links", "news")) > 0


def test_each_queue_is_served_by_its_worker(cluster: Cluster) -> None:
    tasks = cluster.finish(cluster.trigger("queues"))
    assert tasks == {"red": ("success", "worker1", 1), "blue": ("success", "worker2", 1)}


def test_the_web_server_shows_the_logs_of_all_hosts(cluster: Cluster) -> None:
    run = cluster.trigger("queues")
    cluster.finish(run)
    for task, host in (("red", "worker1"), ("blue", "worker2")):
        log = cluster.log("queues", run, task)
        assert f"{cluster.address(host)} ran this" in log


def test_logs_survive_the_recreation_of_a_worker(cluster: Cluster) -> None:
    run = cluster.trigger("queues")
    cluster.finish(run)
    worker = cluster.hosts["worker1"]
    worker.ssh("docker rm -f airflow-worker-1")
    assert cluster.site("--tags", "airflow_stack").code == 0
    log = cluster.log("queues", run, "red")
    assert f"{cluster.address('worker1')} ran this" in log


def test_both_schedulers_and_triggerers_are_alive(cluster: Cluster) -> None:
    def alive() -> set[str]:
        rows = cluster.sql(
            "SELECT job_type, hostname FROM job WHERE state = 'running' AND latest_heartbeat > now() - interval '20 s'"
        )
        return set(rows.splitlines())

    hosts = [cluster.address(name) for name in ("control1", "control2")]
    wanted = {f"{job}|{host}" for job in ("SchedulerJob", "TriggererJob") for host in hosts}
    wait(lambda: wanted <= alive(), 60, "a heartbeat of each scheduler and triggerer")


def test_a_second_run_changes_and_restarts_nothing(cluster: Cluster) -> None:
    before = cluster.started()
    run = cluster.site()
    assert run.code == 0, run.output
    assert set(run.changes.values()) == {0}, run.output
    assert cluster.started() == before
