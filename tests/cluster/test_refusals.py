"""Contradictory inputs and hosts are refused before anything is changed on any host."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
import yaml

from tests.cluster.conftest import SECRETS
from tests.support.hosts import Lab

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.cluster.conftest import Cluster

    Edit = Callable[[dict[str, Any]], None]


@pytest.fixture
def edited(cluster: Cluster, tmp_path: Path) -> Callable[[Edit], Lab]:
    """Return a function that edits the lab's inventory and returns a lab with the result."""

    def edit(change: Edit) -> Lab:
        inventory = yaml.safe_load((cluster.lab.directory / "hosts.yml").read_text(encoding="utf-8"))
        change(inventory["all"])
        (tmp_path / "hosts.yml").write_text(yaml.safe_dump(inventory), encoding="utf-8")
        return Lab(tmp_path)

    return edit


def refused(lab: Lab, *words: str, playbook: str = "site.yml", **variables: Any) -> None:
    """Check that a run is refused with these texts, and that nothing was changed."""
    run = lab.play(playbook, **variables)
    assert run.code != 0, run.output
    flat = " ".join(run.output.split())
    assert [word for word in words if word not in flat] == [], run.output
    assert set(run.changes.values()) == {0}, run.output


def test_a_clock_that_is_wrong(cluster: Cluster, edited: Callable[[Edit], Lab]) -> None:
    worker = cluster.hosts["worker1"]
    worker.ssh("command -v faketime >/dev/null || apt-get -qq install -y faketime >/dev/null")
    worker.ssh("cat > /usr/local/bin/late-python && chmod 755 /usr/local/bin/late-python", LATE)

    def change(inventory: dict[str, Any]) -> None:
        inventory["hosts"]["worker1"]["ansible_python_interpreter"] = "/usr/local/bin/late-python"

    refused(edited(change), "worker1: its clock is 120 s behind that of data1", "timesyncd")


LATE = '#!/bin/sh\nexec faketime -f -120s /usr/bin/python3 "$@"\n'


def test_a_secret_that_differs(cluster: Cluster) -> None:
    host = cluster.hosts["control2"]
    host.ssh(f"cp -p {SECRETS}/fernet_key /root/kept && echo other > {SECRETS}/fernet_key")
    try:
        refused(cluster.lab, "control2: its secret fernet_key differs from the one on data1")
    finally:
        host.ssh(f"cp -p /root/kept {SECRETS}/fernet_key && rm /root/kept")


def test_a_host_that_another_does_not_reach(cluster: Cluster) -> None:
    # The worker drops control1's packets, so from there it gets no answers.
    rule = f"INPUT -p tcp -s {cluster.address('control1')} -j DROP"
    worker = cluster.hosts["worker2"]
    worker.ssh(f"iptables -I {rule}")
    try:
        refused(
            cluster.lab, "worker2: cannot reach control1", f"airflow_private_address, {cluster.address('control1')};"
        )
    finally:
        worker.ssh(f"iptables -D {rule}")


def test_a_duplicate_or_missing_address(cluster: Cluster, edited: Callable[[Edit], Lab]) -> None:
    def swap(inventory: dict[str, Any]) -> None:
        inventory["hosts"]["worker1"]["airflow_private_address"] = cluster.address("worker2")

    def forget(inventory: dict[str, Any]) -> None:
        del inventory["hosts"]["worker1"]["airflow_private_address"]

    refused(edited(swap), "worker2: airflow_private_address: ", "is also the address of worker1")
    refused(edited(forget), "worker1: airflow_private_address: is not set")


def test_a_group_without_a_host(edited: Callable[[Edit], Lab]) -> None:
    def change(inventory: dict[str, Any]) -> None:
        inventory["children"]["airflow_webserver"]["hosts"] = {}

    refused(edited(change), "group airflow_webserver has no host")


def test_two_hosts_with_postgres(edited: Callable[[Edit], Lab]) -> None:
    def change(inventory: dict[str, Any]) -> None:
        inventory["children"]["airflow_postgres"]["hosts"]["control1"] = {}

    refused(edited(change), "group airflow_postgres has 2 hosts")


def test_postgres_does_not_move_by_itself(edited: Callable[[Edit], Lab]) -> None:
    def change(inventory: dict[str, Any]) -> None:
        inventory["children"]["airflow_postgres"]["hosts"] = {"control1": {}}

    refused(edited(change), "data1: Airflow's database is on this host", "is not moved automatically")


def test_a_queue_that_no_worker_serves(edited: Callable[[Edit], Lab]) -> None:
    def change(inventory: dict[str, Any]) -> None:
        inventory["hosts"]["worker2"]["airflow_worker_queues"] = ["default"]

    lab = edited(change)
    (lab.directory / "dags").mkdir()
    (lab.directory / "dags" / "lost.py").write_text(LOST, encoding="utf-8")
    run = lab.play("playbooks/sync_airflow_dags.yml", airflow_dags_source=str(lab.directory / "dags"))
    assert run.code != 0
    assert "[unknown-queue] no worker takes tasks from queue 'blue'" in run.output
    assert run.ran("receive |")
    assert run.ran("switch |") == []


LOST = """
from datetime import datetime
from airflow import DAG
from airflow.operators.bash import BashOperator

with DAG("lost", schedule=None, start_date=datetime(2023, 1, 1)):
    BashOperator(task_id="lost", bash_command="true", queue="blue")
"""


def test_a_host_that_the_stack_needs_is_not_removed(cluster: Cluster) -> None:
    playbook = "playbooks/remove_airflow_host.yml"
    refused(cluster.lab, "only host in group airflow_postgres", playbook=playbook, airflow_remove_host="data1")
    refused(cluster.lab, "is not a host of group airflow", playbook=playbook, airflow_remove_host="worker9")
