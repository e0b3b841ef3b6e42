"""However the rules of the firewall get lost, strangers are out again soon, and containers reach others again."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.remote import wait
from tests.watch.conftest import HEALED_SECONDS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.watch.conftest import Host

STRANGER = (Path(__file__).parent / "stranger.py").read_text(encoding="utf-8")
FLUSH = "for t in filter nat mangle raw; do iptables -t $t -F; iptables -t $t -X; done"


def in_order(host: Host) -> bool:
    """Whether neither strangers reach the stack nor anything of Docker's is missing."""
    return (
        "strangers are kept out" in host.ssh("airflow-watch status")
        and "--dport 8080 -j DNAT" in host.ssh("iptables-save -t nat")
        and "! -o br-airflow -j MASQUERADE" in host.ssh("iptables-save -t nat")
        and "AIRFLOW" not in host.ssh("iptables -t mangle -S FORWARD")
    )


@pytest.fixture
def orderly(host: Host) -> Iterator[Host]:
    """The host in order, before and after."""
    # systemd counts the restarts of these tests as well.
    host.ssh("systemctl reset-failed docker")
    wait(lambda: in_order(host), HEALED_SECONDS, "a host in order")
    host.forget_restarts()
    yield host
    host.forget_restarts()


@pytest.mark.parametrize(
    "fault",
    [
        FLUSH,
        "nft flush ruleset",
        "nft delete table ip filter",
        "iptables -F; iptables -X DOCKER-USER",
        "iptables -t nat -F",
        "iptables -P FORWARD ACCEPT; iptables -F FORWARD",
        "iptables -D FORWARD -j DOCKER-USER",
        "iptables -I FORWARD -s 10.0.0.0/8 -j ACCEPT",
        "iptables -F DOCKER",
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
    orderly.ssh("iptables -D FORWARD -s 10.0.0.0/8 -j ACCEPT", check=False)


@pytest.mark.parametrize("delay", ["0", "0.2", "0.4", "0.8"])
def test_a_flush_while_docker_restarts(orderly: Host, delay: str) -> None:
    before = orderly.started()
    orderly.ssh(f"systemctl restart docker & sleep {delay}; {FLUSH}; wait")
    wait(lambda: in_order(orderly), HEALED_SECONDS, "the rules' return")
    assert orderly.reached() == []
    assert orderly.reaches_others()
    assert orderly.started() == before


def test_a_restart_of_docker_after_a_flush_closes_the_hole_at_once(orderly: Host) -> None:
    """Docker 26 does not put FORWARD's jump to DOCKER-USER first when it starts while containers run."""
    orderly.ssh("systemctl stop airflow-watch.timer")
    try:
        orderly.ssh(FLUSH)
        assert len(orderly.reached()) == 4
        orderly.ssh("systemctl restart docker")
        # The round that Docker's start begins.
        wait(lambda: in_order(orderly), 30, "the rules' return")
        assert orderly.reached() == []
        assert orderly.reaches_others()
    finally:
        orderly.ssh("systemctl start airflow-watch.timer")


@pytest.mark.parametrize("closed", [True, False])
def test_a_connection_that_a_stranger_made_meanwhile_ends(orderly: Host, closed: bool) -> None:
    address = orderly.inspect("postgres", ".NetworkSettings.Networks.airflow.IPAddress")
    image = output("docker", "inspect", "-f", "{{.Config.Image}}", orderly.neighbour)
    network = output("docker", "inspect", "-f", "{{.HostConfig.NetworkMode}}", orderly.neighbour)
    argv = ["docker", "run", "--rm", "-i", "--cap-add", "NET_ADMIN", "--network", network, "--entrypoint", "python3"]
    argv += [image, "-c", STRANGER, orderly.address, address]
    orderly.ssh("systemctl stop airflow-watch.timer")
    try:
        orderly.ssh(FLUSH)
        with subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as stranger:
            assert stranger.stdout
            assert stranger.stdout.readline() == "connected\n"
            # Without a round it answers, which shows that the connection is a good one.
            if closed:
                orderly.ssh("systemctl start airflow-watch.service")
            said, _ = stranger.communicate("go on\n", timeout=60)
        assert said == ("cut off\n" if closed else "answered\n")
    finally:
        orderly.ssh("systemctl start airflow-watch.timer")


def output(*words: str) -> str:
    """What a command on this machine prints."""
    return subprocess.run(words, capture_output=True, text=True, check=True).stdout.strip()


def test_docker_is_not_restarted_again_and_again(orderly: Host) -> None:
    orderly.ssh("systemctl stop airflow-watch.timer")
    try:
        for _ in range(3):
            orderly.ssh("iptables -t nat -F; systemctl start airflow-watch.service")
        docker = orderly.ssh("systemctl show -p MainPID docker")
        since = orderly.now()
        assert orderly.run("iptables -t nat -F; systemctl start airflow-watch.service").returncode != 0
        assert "find out what removes them, then run `systemctl restart docker`" in orderly.said(since)
        assert orderly.ssh("systemctl show -p MainPID docker") == docker
        assert orderly.reached() == []
    finally:
        orderly.forget_restarts()
        orderly.ssh("systemctl start airflow-watch.timer")


def set_live_restore(host: Host, *, on: bool) -> None:
    """Change Docker's option; a reload is enough for it."""
    word = "true" if on else "false"
    host.ssh(f"""sed -i 's/"live-restore": [a-z]*/"live-restore": {word}/' /etc/docker/daemon.json""")
    host.ssh("systemctl reload docker")
    ask = "docker info --format '{{.LiveRestoreEnabled}}'"
    wait(lambda: host.ssh(ask).strip() == word, 30, f"live-restore {word}")


def test_without_live_restore_docker_is_left_alone_and_the_command_is_named(orderly: Host) -> None:
    set_live_restore(orderly, on=False)
    try:
        before, docker, since = orderly.started(), orderly.ssh("systemctl show -p MainPID docker"), orderly.now()
        orderly.ssh(FLUSH)
        wait(orderly.failed, HEALED_SECONDS, "a round that fails")
        said = orderly.said(since)
        assert "strangers are kept out again" in said
        assert "live-restore is off, so a restart would stop all containers of this host" in said
        assert "run `systemctl restart docker`" in said
        assert "back" not in said
        assert orderly.reached() == []
        assert orderly.started() == before
        assert orderly.ssh("systemctl show -p MainPID docker") == docker
        assert not orderly.reaches_others()
        # What the words tell to do.
        orderly.ssh("systemctl restart docker")
        wait(lambda: in_order(orderly), HEALED_SECONDS, "the rules' return")
        orderly.wait_healthy()
        assert orderly.reached() == []
        assert orderly.reaches_others()
        wait(lambda: not orderly.failed(), HEALED_SECONDS, "a round that succeeds")
    finally:
        set_live_restore(orderly, on=True)
