"""However firewall rules are lost, other hosts are soon blocked again, and containers reach other hosts again."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.lab.docker import docker
from tests.support.wait import wait
from tests.watch.conftest import FLUSH, HEALED_SECONDS, in_order

if TYPE_CHECKING:
    from tests.watch.conftest import Host

TABLE = "inet airflow_firewall"
STRANGER = (Path(__file__).parent / "stranger.py").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    "fault",
    [
        FLUSH,
        "nft flush ruleset",
        "nft delete table ip filter",
        # Docker 26 does not always recreate the chain that an earlier fault removed.
        "iptables -N DOCKER-USER 2>/dev/null; iptables -F; iptables -X DOCKER-USER",
        "iptables -t nat -F",
        "iptables -P FORWARD ACCEPT; iptables -F FORWARD",
        "iptables -F DOCKER",
        f"{FLUSH}; nft flush ruleset",
        "systemctl stop airflow-firewall; nft delete table inet airflow_firewall",
    ],
)
def test_lost_rules_come_back(orderly: Host, fault: str) -> None:
    before, since = orderly.started(), orderly.now()
    orderly.ssh(fault)
    wait(lambda: "again" in orderly.said(since) or "are back" in orderly.said(since), HEALED_SECONDS, "a healing round")
    wait(lambda: in_order(orderly), HEALED_SECONDS, "the rules' return")
    assert orderly.reached() == []
    assert orderly.reaches_others()
    assert orderly.web()
    assert orderly.started() == before
    assert "ERROR" not in orderly.said(since)


@pytest.mark.parametrize(
    "rule",
    [
        "DOCKER-USER -j ACCEPT",
        "DOCKER-USER -j RETURN",
        "FORWARD -o br+ -j ACCEPT",
        "FORWARD -j RETURN",
    ],
)
def test_no_rule_of_others_lets_strangers_in(orderly: Host, rule: str) -> None:
    """The stack stays protected even before the next run of airflow-watch."""
    policy = orderly.ssh("iptables -S FORWARD").splitlines()[0]
    # Docker 26 may have omitted this jump when it was restarted.
    orderly.ssh("iptables -N DOCKER-USER 2>/dev/null; iptables -I FORWARD -j DOCKER-USER")
    orderly.ssh(f"iptables -P FORWARD ACCEPT; iptables -I {rule}")
    try:
        assert orderly.reached() == []
        assert "firewall: active\n" in orderly.ssh("airflow-watch status")
        assert orderly.web()
    finally:
        orderly.ssh(f"iptables -D {rule}; iptables -D FORWARD -j DOCKER-USER; iptables {policy}")


def test_lost_docker_rules_never_let_strangers_in(orderly: Host) -> None:
    """Without Docker's nat rules docker-proxy answers on published ports."""
    orderly.ssh("systemctl stop airflow-watch.timer")
    try:
        orderly.ssh("iptables -t nat -F; iptables -F; iptables -P FORWARD ACCEPT")
        assert orderly.reached() == []
    finally:
        orderly.ssh("systemctl start airflow-watch.timer")


def test_user_rules_come_before_those_of_docker(orderly: Host) -> None:
    """Docker 26 does not ensure this order when it starts while containers run."""
    own = "DOCKER-USER -s 192.0.2.7 -j DROP"
    lose = "while iptables -D FORWARD -j DOCKER-USER 2>/dev/null; do :; done"
    orderly.ssh(f"iptables -N DOCKER-USER 2>/dev/null; iptables -I {own}; {lose}")
    try:
        first = "-A FORWARD -j DOCKER-USER"
        wait(lambda: orderly.ssh("iptables -S FORWARD").splitlines()[1] == first, HEALED_SECONDS, "the jump's return")
        # A restart of Docker inserts its rules before the jump, or omits the jump.
        orderly.ssh(f"{lose}; systemctl restart docker")
        wait(lambda: orderly.ssh("iptables -S FORWARD").splitlines()[1] == first, HEALED_SECONDS, "the jump's return")
    finally:
        orderly.ssh(f"iptables -D {own}")


@pytest.mark.parametrize("delay", ["0", "0.2", "0.4", "0.8"])
def test_a_flush_while_docker_restarts(orderly: Host, delay: str) -> None:
    before = orderly.started()
    orderly.ssh(f"systemctl restart docker & sleep {delay}; {FLUSH}; wait")
    wait(lambda: in_order(orderly), HEALED_SECONDS, "the rules' return")
    assert orderly.reached() == []
    assert orderly.reaches_others()
    assert orderly.started() == before


def test_a_stranger_s_connection_made_without_the_table_ends(orderly: Host) -> None:
    address = orderly.inspect("postgres", ".NetworkSettings.Networks.airflow.IPAddress")
    image = docker("inspect", "-f", "{{.Config.Image}}", orderly.neighbour)
    network = docker("inspect", "-f", "{{.HostConfig.NetworkMode}}", orderly.neighbour)
    argv = ["docker", "run", "--rm", "-i", "--cap-add", "NET_ADMIN", "--network", network, "--entrypoint", "python3"]
    argv += [image, "-c", STRANGER, orderly.address, address]
    orderly.ssh("systemctl stop airflow-watch.timer")
    try:
        for closed in (False, True):
            # After the first time, it may still be gone.
            orderly.ssh(f"systemctl stop airflow-firewall; nft delete table {TABLE}; ! nft list table {TABLE}")
            with subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as stranger:
                assert stranger.stdout
                assert stranger.stdout.readline() == "connected\n"
                # Without a run of airflow-watch Postgres answers, which shows that the connection works.
                if closed:
                    orderly.ssh("systemctl start airflow-watch.service")
                said, _ = stranger.communicate("go on\n", timeout=60)
            assert said == ("reset\n" if closed else "answered\n")
    finally:
        orderly.ssh("systemctl start airflow-watch.timer")


def test_docker_is_not_restarted_again_and_again(orderly: Host) -> None:
    orderly.ssh("systemctl stop airflow-watch.timer")
    try:
        for _ in range(3):
            orderly.ssh("iptables -t nat -F; systemctl start airflow-watch.service")
        docker = orderly.ssh("systemctl show -p MainPID docker")
        since = orderly.now()
        assert orderly.run("iptables -t nat -F; systemctl start airflow-watch.service").returncode != 0
        assert "find out what removes the rules, then run `systemctl restart docker`" in orderly.said(since)
        assert orderly.ssh("systemctl show -p MainPID docker") == docker
        assert orderly.reached() == []
    finally:
        orderly.forget_restarts()
        orderly.ssh("systemctl start airflow-watch.timer")
