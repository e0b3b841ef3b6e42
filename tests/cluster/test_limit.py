"""Runs with `--limit`, and secrets that change on all hosts together."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
import yaml

from tests.cluster.conftest import SECRETS
from tests.lab.names import V3
from tests.support.hosts import Lab

if TYPE_CHECKING:
    from pathlib import Path

    from tests.cluster.conftest import Cluster

EARLIER = "3.3.1" if V3 else "2.5.2"


@pytest.mark.parametrize(
    "group", ["airflow_postgres", "airflow_scheduler", "airflow_webserver", "airflow_worker", "control2", "worker1"]
)
def test_a_run_of_one_group_changes_nothing(cluster: Cluster, group: str) -> None:
    before = cluster.started()
    run = cluster.site("--limit", group)
    assert run.code == 0, run.output
    assert set(run.changes.values()) == {0}, run.output
    assert cluster.started() == before


@pytest.mark.parametrize(
    ("group", "variables", "words"),
    [
        ("worker1", {"airflow_version": EARLIER}, ["control1: runs ", "control2: runs ", "worker2: runs "]),
        ("airflow_scheduler", {"airflow_version": EARLIER}, ["worker1: runs ", "worker2: runs "]),
        ("worker1", {"airflow_extra_packages": ["xlsxwriter==3.2.0"]}, ["control1: runs ", "with extra packages"]),
        ("control1", {"airflow_redis_password": "another"}, ["airflow_redis_password: differs from the secret that"]),
        ("worker2", {"airflow_redis_password": "another"}, ["leaves out data1, control1, control2, worker1"]),
        ("data1", {"airflow_webserver_secret_key": "k" * 40}, ["airflow_webserver_secret_key: differs"]),
    ],
)
def test_a_run_that_would_differ_from_the_other_hosts(
    cluster: Cluster, group: str, variables: dict[str, Any], words: list[str]
) -> None:
    before = cluster.started()
    run = cluster.site("--limit", group, **variables)
    assert run.code != 0, run.output
    assert [word for word in [*words, "without --limit"] if word not in run.output] == [], run.output
    assert set(run.changes.values()) == {0}, run.output
    assert cluster.started() == before
    assert "another" not in run.output.replace("another secret", "")


def test_a_password_does_not_change_while_a_host_is_unreachable(cluster: Cluster, tmp_path: Path) -> None:
    inventory = yaml.safe_load((cluster.lab.directory / "hosts.yml").read_text(encoding="utf-8"))
    inventory["all"]["hosts"]["worker2"]["ansible_port"] = 1
    (tmp_path / "hosts.yml").write_text(yaml.safe_dump(inventory), encoding="utf-8")
    run = Lab(tmp_path).play("site.yml", airflow_redis_password="another")
    assert run.code != 0, run.output
    assert "airflow_redis_password: differs from the secret that data1 has" in run.output
    assert "leaves out worker2" in run.output
    assert set(run.changes.values()) == {0}, run.output


def test_a_password_of_redis_changes_on_all_hosts_together(cluster: Cluster) -> None:
    before = cluster.data.ssh(f"cat {SECRETS}/redis_password")
    run = cluster.site(airflow_redis_password="changed-on-all-hosts")
    assert run.code == 0, run.output
    assert cluster.data.ssh(f"cat {SECRETS}/redis_password").strip() == "changed-on-all-hosts" != before.strip()
    tasks = cluster.finish(cluster.trigger("long", {"seconds": 1}))
    assert {state for state, _, _ in tasks.values()} == {"success"}
    # The file keeps the password when the variable is gone.
    again = cluster.site()
    assert (again.code, set(again.changes.values())) == (0, {0}), again.output
