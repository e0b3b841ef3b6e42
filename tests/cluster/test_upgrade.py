"""The stack on several hosts moves to another series, all hosts together."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests import tables
from tests.lab.names import V3
from tests.support.wait import wait

if TYPE_CHECKING:
    from tests.cluster.conftest import Cluster
    from tests.support.hosts import Remote

UPGRADE = "playbooks/upgrade_airflow.yml"
OLD, NEW = tables.tested()[0], tables.tested()[-1]
MIGRATING = "docker ps -q --filter name=airflow-upgrade-migration | grep -q ."
# Ends SSH to a host for a while, as a broken link does. Only a timer on the host itself can end it again.
CUT = """
nft add table inet cut
nft add chain inet cut input '{{ type filter hook input priority -400; }}'
systemd-run --quiet --on-active={seconds} nft delete table inet cut
nft add rule inet cut input tcp dport 22 drop
"""

pytestmark = pytest.mark.skipif(V3, reason="there is no later series")


def releases(cluster: Cluster, without: str = "") -> set[str]:
    """Tags of the images of all containers of Airflow, on all hosts but one."""
    command = "docker ps --filter label=com.docker.compose.project=airflow --format '{{.Image}}'"
    hosts = [host for name, host in cluster.hosts.items() if name != without]
    images = [line for host in hosts for line in host.ssh(command).splitlines()]
    return {image.partition(":")[2] for image in images if "apache/airflow" in image}


def interrupted(host: Remote) -> str:
    """The record of an upgrade on a host."""
    return host.run("cat /var/lib/airflow-stack/upgrades/*/upgrade.json").stdout


def test_a_worker_host_that_drops_out(cluster: Cluster) -> None:
    before = cluster.sql("SELECT count(*) FROM dag_run")
    lost = cluster.hosts["worker2"]
    run = cluster.lab.start(UPGRADE, airflow_version=NEW, airflow_upgrade_rehearse=False)
    wait(lambda: cluster.data.run(MIGRATING).returncode == 0 or run.poll() is not None, 900, "the migration")
    lost.run(CUT.format(seconds=420))
    output, _ = run.communicate(timeout=1500)
    assert run.returncode != 0
    assert "Ansible no longer reaches worker2" in output, output[-5000:]
    assert f"Airflow {OLD} runs again as before, but not on worker2" in output
    assert releases(cluster, without="worker2") == {OLD}
    assert cluster.sql("SELECT count(*) FROM dag_run") == before
    # The host comes back, and has an upgrade in progress.
    wait(lambda: lost.run("true").returncode == 0, 900, "SSH")
    refused = cluster.site()
    assert refused.code != 0
    assert f"worker2: an upgrade from Airflow {OLD}" in refused.output
    back = cluster.lab.play(UPGRADE, airflow_version=NEW, airflow_upgrade_interrupted="restore")
    assert back.code == 0, back.output
    assert [interrupted(host) for host in cluster.hosts.values()] == [""] * len(cluster.hosts)
    again = cluster.site()
    assert again.code == 0, again.output
    assert set(again.changes.values()) == {0}, again.output
    assert cluster.finish(cluster.trigger("queues")).keys() == {"red", "blue"}


def test_all_hosts_change_their_release_together(cluster: Cluster) -> None:
    limited = cluster.lab.play(UPGRADE, "--limit", "worker1,data1,control1", airflow_version=NEW)
    assert limited.code != 0
    assert releases(cluster) == {OLD}
    run = cluster.lab.play(UPGRADE, airflow_version=NEW)
    assert run.code == 0, run.output
    assert releases(cluster) == {NEW}
    again = cluster.site(airflow_version=NEW)
    assert again.code == 0, again.output
    assert set(again.changes.values()) == {0}, again.output
    tasks = cluster.finish(cluster.trigger("queues"))
    assert {task: found[:2] for task, found in tasks.items()} == {
        "red": ("success", "worker1"),
        "blue": ("success", "worker2"),
    }
