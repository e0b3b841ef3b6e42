"""Workers are replaced, added, removed and unreachable, and a control host is lost, all without losing a task."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING

import yaml

from tests.cluster.conftest import BESIDE_WORKERS, DAGS, LAB, Cluster
from tests.lab.docker import docker
from tests.lab.names import AIRFLOW_VERSION, REPO
from tests.support.hosts import Lab, lab
from tests.support.wait import wait

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

PLATFORMS = REPO / "molecule" / "cluster" / "molecule.yml"
NETWORK = f"ansible-airflow-lab-{LAB}"
STORE = "/usr/local/projects/airflow/dags"


@contextmanager
def cut_off(cluster: Cluster, host: str) -> Iterator[None]:
    """Disconnect a host from the network during the block."""
    container = cluster.hosts[host].variables["lab_container"]
    docker("network", "disconnect", NETWORK, container)
    try:
        yield
    finally:
        names = ["--alias", host, "--alias", f"{host}.lab"]
        docker("network", "connect", "--ip", cluster.address(host), *names, NETWORK, container)


def start_long(cluster: Cluster, host: str, seconds: int) -> str:
    """Start a DAG run whose task is a long-running container, and wait until it runs on the host."""
    run = cluster.trigger("long", {"seconds": seconds})
    wait(lambda: cluster.hosts[host].ssh("docker ps -q --filter name=cluster_long"), 120, f"the long task on {host}")
    return run


def worker(cluster: Cluster, host: str, field: str) -> str:
    """Field of `docker inspect` for the worker of a host."""
    return cluster.hosts[host].ssh(f"docker inspect -f '{{{{ {field} }}}}' airflow-worker-1").strip()


def test_a_long_task_survives_the_replacement_of_its_worker(cluster: Cluster) -> None:
    before = worker(cluster, "worker1", ".Id")
    # Longer than a busy controller needs to reach the task that replaces the worker.
    run = start_long(cluster, "worker1", 180)
    variables = {"airflow_environment": {"REPLACED": run}}
    played = cluster.site("--tags", "airflow_stack", "--limit", "worker1", **variables)
    assert played.code == 0, played.output
    assert cluster.finish(run) == {"sleep": ("success", "worker1", 1)}
    assert worker(cluster, "worker1", ".Id") != before
    made = worker(cluster, "worker1", ".Created")
    ended = cluster.sql(f"SELECT end_date > '{made}' FROM task_instance WHERE run_id = '{run}'")  # noqa: S608
    assert ended == "t", f"the task had finished before the new worker was created, at {made}"


def test_certificates_in_their_last_year_are_reissued(cluster: Cluster) -> None:
    secrets = "/etc/airflow/secrets"
    before = cluster.data.ssh(f"cat {secrets}/postgres_certificate")
    key = cluster.data.ssh(f"cat {secrets}/ca_key")
    address = cluster.address("data1")
    cluster.data.ssh(
        f"printf 'subjectAltName=IP:{address}\\n' > /tmp/names && "
        f"openssl req -new -key {secrets}/postgres_key -subj /CN={address} | openssl x509 -req -days 300"
        f" -CAcreateserial -CAserial /tmp/serial -CA {secrets}/ca_certificate -CAkey {secrets}/ca_key"
        f" -extfile /tmp/names > /tmp/short && cat /tmp/short > {secrets}/postgres_certificate"
        " && rm /tmp/names /tmp/serial /tmp/short"
    )
    assert cluster.data.ssh(f"cat {secrets}/postgres_certificate") != before
    run = cluster.site()
    assert run.code == 0, run.output
    made = cluster.data.ssh(f"cat {secrets}/postgres_certificate")
    assert made != before
    served = cluster.hosts["worker1"].ssh(
        f"openssl s_client -starttls postgres -connect {cluster.address('data1')}:5432 </dev/null 2>/dev/null"
        " | openssl x509"
    )
    assert served == made
    assert cluster.data.ssh(f"cat {secrets}/ca_key") == key
    assert {state for state, _, _ in cluster.finish(cluster.trigger("queues")).values()} == {"success"}
    again = cluster.site()
    assert (again.code, set(again.changes.values())) == (0, {0}), again.output


def test_plain_text_is_encrypted_by_a_run_that_reaches_all_hosts(cluster: Cluster) -> None:
    keyless = "docker exec -e AIRFLOW__CORE__FERNET_KEY= airflow-scheduler-1 airflow"
    cluster.control.ssh(f"{keyless} variables set plain planted-plain-variable")
    stored = "SELECT val FROM variable WHERE key = 'plain'"
    assert cluster.sql(stored) == "planted-plain-variable"
    some, everything = (
        cluster.lab.play("playbooks/deploy_airflow_stack.yml", *limit) for limit in (("--limit", "all:!worker2"), ())
    )
    assert (some.code, set(some.changes.values())) == (0, {0}), some.output
    assert "this run did not include worker2" in " ".join(some.output.split()), some.output
    assert (everything.code, everything.changes) == (0, {**some.changes, "control1": 1, "worker2": 0}), (
        everything.output
    )
    assert cluster.sql(stored).startswith("gAAAAA")
    assert cluster.hosts["control2"].ssh("airflow variables get plain").strip().endswith("planted-plain-variable")


def test_workers_reconnect_to_a_recreated_broker(cluster: Cluster) -> None:
    before = [worker(cluster, host.name, ".Id") for host in cluster.workers]
    cluster.data.ssh("docker rm -f airflow-redis-1")
    run = cluster.site("--tags", "airflow_stack")
    assert run.code == 0, run.output
    tasks = cluster.finish(cluster.trigger("queues"))
    assert tasks == {"red": ("success", "worker1", 1), "blue": ("success", "worker2", 1)}
    assert [worker(cluster, host.name, ".Id") for host in cluster.workers] == before


def test_a_service_that_hangs_is_restarted(cluster: Cluster) -> None:
    host = cluster.hosts["control2"]
    inspect = "docker inspect -f '{{.State.StartedAt}} {{.State.Health.Status}}' airflow-scheduler-1"
    before, _ = host.ssh(inspect).split()
    host.ssh("pkill -STOP -P $(docker inspect -f '{{.State.Pid}}' airflow-scheduler-1)")

    def again() -> bool:
        started, health = host.ssh(inspect).split()
        return started != before and health == "healthy"

    wait(again, 400, "the scheduler that was stopped with SIGSTOP to be restarted")
    said = host.ssh("journalctl -u airflow-watch -o cat --since -10min")
    # First it is continued. By then the other scheduler has noticed the missing heartbeat and no longer lists this one.
    assert "continuing scheduler, which SIGSTOP stopped" in said
    assert re.search("restarting scheduler, whose health check said: .*heartbeat", said), said


def test_a_service_without_data_moves_with_its_group(cluster: Cluster, tmp_path: Path) -> None:
    inventory = yaml.safe_load((cluster.lab.directory / "hosts.yml").read_text(encoding="utf-8"))
    triggerers = inventory["all"]["children"]["airflow_triggerer"]["hosts"]
    triggerers["worker2"] = triggerers.pop("control2")
    (tmp_path / "hosts.yml").write_text(yaml.safe_dump(inventory), encoding="utf-8")
    moved = Lab(tmp_path).play("playbooks/deploy_airflow_stack.yml")
    assert moved.code == 0, moved.output
    assert services(cluster, "control2") == {"scheduler"}
    assert services(cluster, "worker2") == {"worker", "triggerer", *BESIDE_WORKERS}
    back = cluster.site()
    assert back.code == 0, back.output
    assert services(cluster, "worker2") == {"worker", *BESIDE_WORKERS}


def reads(cluster: Cluster) -> dict[str, str]:
    """DAG release that each host reads."""
    hosts = [host for name, host in cluster.hosts.items() if name != "data1"]
    return {host.name: host.ssh(f"readlink {STORE}/current").strip() for host in hosts}


def test_a_failed_rollback_on_a_worker_keeps_the_scheduler_on_its_release(cluster: Cluster, tmp_path: Path) -> None:
    source = tmp_path / "dags"
    shutil.copytree(DAGS, source)
    (source / "note.txt").write_text("another release\n", encoding="utf-8")
    (old,) = set(reads(cluster).values())
    synced = cluster.lab.play("playbooks/sync_airflow_dags.yml", airflow_dags_source=str(source))
    assert synced.code == 0, synced.output
    (new,) = set(reads(cluster).values())
    assert new != old
    # Blocks the path of the temporary link that replaces `current`.
    cluster.hosts["worker1"].ssh(f"mkdir {STORE}/current.new")
    failed = cluster.lab.play("playbooks/rollback_airflow_dags.yml")
    cluster.hosts["worker1"].ssh(f"rmdir {STORE}/current.new")
    assert failed.code != 0
    assert reads(cluster) == {"worker1": new, "worker2": old, "control1": new, "control2": new}, failed.output
    # The old release is now the previous one on all hosts but worker2.
    again = cluster.lab.play("playbooks/rollback_airflow_dags.yml")
    assert again.code == 0, again.output
    assert set(reads(cluster).values()) == {old}


def services(cluster: Cluster, host: str) -> set[str]:
    """Services that run on a host."""
    names = cluster.hosts[host].ssh("docker ps --filter label=com.docker.compose.project=airflow --format {{.Names}}")
    return {name.removeprefix("airflow-").removesuffix("-1") for name in names.split()}


def platforms(path: Path, *more: dict[str, object]) -> Path:
    """Write the scenario's platforms and additional ones to a file."""
    rows = yaml.safe_load(PLATFORMS.read_text(encoding="utf-8"))["platforms"]
    path.write_text(yaml.safe_dump({"platforms": [*rows, *more]}), encoding="utf-8")
    return path


def make_hosts(file: Path) -> Cluster:
    """Create and remove hosts of the lab to match a file of platforms."""
    argv = [sys.executable, "-m", "tests.lab", "up", LAB, "--platforms", str(file), "--airflow", AIRFLOW_VERSION]
    subprocess.run(argv, check=True, cwd=REPO)
    return Cluster(lab(LAB))


def test_a_worker_is_added_and_removed(cluster: Cluster, tmp_path: Path) -> None:
    variables = {**cluster.workers[0].variables, "airflow_worker_queues": ["default", "red"]}
    own = {name: variables[name] for name in ("airflow_dags_source", "airflow_worker_queues")}
    new = {"name": "worker3", "groups": ["airflow_worker"], "vars": own}
    grown = make_hosts(platforms(tmp_path / "grown.yml", new))
    before = cluster.started()
    try:
        added = grown.site("--limit", "worker3")
        assert added.code == 0, added.output
        assert {name: line for name, line in grown.started().items() if "worker3" not in name} == before
        again = grown.site("--limit", "worker3")
        assert (again.code, again.changes) == (0, {"worker3": 0}), again.output
        # The only other worker that serves the queue of the task.
        grown.hosts["worker1"].ssh("airflow-watch pause worker --for 30m && docker stop -t 60 airflow-worker-1")
        run = start_long(grown, "worker3", 40)
        removed = grown.lab.play("playbooks/remove_airflow_host.yml", airflow_remove_host="worker3")
        assert removed.code == 0, removed.output
        assert grown.finish(run) == {"sleep": ("success", "worker3", 1)}
        left = grown.hosts["worker3"].ssh(
            "docker ps -aq --filter label=com.docker.compose.project=airflow; ls /etc/airflow"
        )
        assert left == ""
        assert "airflow_firewall" not in grown.hosts["worker3"].ssh("nft list ruleset")
        rules = grown.data.ssh("nft list table inet airflow_firewall")
        assert grown.address("worker2") in rules
        assert grown.address("worker3") not in rules
    finally:
        grown.hosts["worker1"].ssh("airflow-watch resume worker && docker start airflow-worker-1")
        make_hosts(platforms(tmp_path / "shrunk.yml"))
    again = cluster.site()
    assert again.code == 0, again.output
    rules = cluster.data.ssh("nft list table inet airflow_firewall")
    assert cluster.address("worker1") in rules


def test_an_unreachable_worker_is_skipped_and_updated_later(cluster: Cluster) -> None:
    with cut_off(cluster, "worker2"):
        run = cluster.site()
        assert run.code == 4, run.output
        assert "Left out, because Ansible cannot reach them: worker2" in run.output
        assert cluster.address("worker2") in cluster.data.ssh("nft list table inet airflow_firewall")
    wait(lambda: cluster.hosts["worker2"].run("true").returncode == 0, 60, "worker2's return")
    later = cluster.site()
    assert later.code == 0, later.output


def test_an_unreachable_worker_is_removed_from_the_firewall(cluster: Cluster) -> None:
    # Refused at first, because no other worker serves its queue.
    playbook, chosen = "playbooks/remove_airflow_host.yml", {"airflow_remove_host": "worker2"}
    refused = cluster.lab.play(playbook, **chosen)
    assert refused.code != 0
    assert "no other worker serves blue" in refused.output, refused.output
    assert set(refused.changes.values()) == {0}, refused.output
    with cut_off(cluster, "worker2"):
        run = cluster.lab.play(playbook, **chosen, airflow_worker_queues=["default"])
        assert run.code == 4, run.output
        assert "Ansible did not reach worker2" in run.output, run.output
        assert cluster.address("worker2") not in cluster.data.ssh("nft list table inet airflow_firewall")
    wait(lambda: cluster.hosts["worker2"].run("true").returncode == 0, 60, "worker2's return")
    again = cluster.site()
    assert again.code == 0, again.output
    assert cluster.address("worker2") in cluster.data.ssh("nft list table inet airflow_firewall")


def test_without_the_host_of_the_database_nothing_is_changed(cluster: Cluster) -> None:
    with cut_off(cluster, "data1"):
        run = cluster.site(airflow_environment={"NEVER": "seen"})
        assert run.code != 0
        assert "data1: Ansible cannot reach this host, which runs Postgres" in run.output, run.output
        assert set(run.changes.values()) == {0}, run.output
    wait(lambda: cluster.sql("SELECT 1") == "1", 120, "the database's return")


def test_work_goes_on_without_a_control_host(cluster: Cluster) -> None:
    running = start_long(cluster, "worker1", 60)
    with cut_off(cluster, "control2"):
        new = cluster.trigger("queues")
        wait(lambda: cluster.state(new) == "success", 120, "the end of a new run")
        wait(lambda: cluster.state(running) == "success", 120, "the end of the run that was there")

    def beats() -> bool:
        age = "SELECT count(*) FROM job WHERE job_type = 'SchedulerJob' AND state = 'running' AND hostname = '{}'"
        fresh = " AND latest_heartbeat > now() - interval '20 s'"
        return cluster.sql(age.format(cluster.address("control2")) + fresh) != "0"

    wait(beats, 240, "a heartbeat of the scheduler that was cut off")
