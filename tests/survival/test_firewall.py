"""A stranger who tries to connect 20 times a second never succeeds, whatever happens to the hosts' firewall rules."""

from __future__ import annotations

import subprocess
import time
from typing import TYPE_CHECKING

import pytest

from tests.lab.docker import docker
from tests.support.wait import wait
from tests.survival.conftest import FLUSH, healthy

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.survival.conftest import Guarded

# Time for two rounds of airflow-watch, each with a restart of Docker, on a busy machine.
HEALED_SECONDS = 150
INSTALL = "DEBIAN_FRONTEND=noninteractive apt-get -q -y -o Dpkg::Options::=--force-confold install {} >/dev/null"
# What an operator or another program does to a host, by name: the fault, and what ends it.
FAULTS = {
    "nft flush ruleset": ("nft flush ruleset", ""),
    "iptables flushed": (FLUSH, ""),
    "iptables flushed and open": (f"{FLUSH}; iptables -P FORWARD ACCEPT; iptables -P INPUT ACCEPT", ""),
    "everything flushed at once": (f"{FLUSH}; ip6tables -F; nft flush ruleset", ""),
    "the table deleted": ("! nft delete table inet airflow_firewall", ""),
    "nat lost, docker-proxy answers": ("iptables -t nat -F", ""),
    "nftables restarted": ("systemctl restart nftables", "systemctl stop nftables"),
    "Docker restarted": ("systemctl restart docker", ""),
    "accepted everywhere": (
        "nft add table ip open; nft add chain ip open c '{ type filter hook prerouting priority -400; }';"
        " nft add rule ip open c accept",
        "nft delete table ip open",
    ),
    "ufw enabled and reloaded": (
        f"{INSTALL.format('ufw')}; ufw allow 22/tcp; ufw --force enable; ufw reload",
        "ufw disable",
    ),
    "firewalld restarted": (
        f"{INSTALL.format('firewalld')}; systemctl restart firewalld; firewall-cmd --complete-reload",
        "systemctl disable --now firewalld",
    ),
}


# Docker of the next Debian, whose packages need nothing else from there.
UPGRADE = """
cd /etc/apt/sources.list.d && sed 's/^Suites: trixie$/Suites: forky/; /^$/q' debian.sources >forky.sources
printf 'Package: *\\nPin: release n=forky\\nPin-Priority: 100\\n' >/etc/apt/preferences.d/forky
apt-get -q update >/dev/null && INSTALL && systemctl restart docker
""".replace("INSTALL", INSTALL.format("docker.io/forky docker-cli/forky"))


@pytest.fixture(params=["data1", "control1"])
def host(request: pytest.FixtureRequest, hosts: dict[str, Guarded]) -> Iterator[Guarded]:
    """A host with complete rules before and after the test."""
    host = hosts[request.param]
    host.ssh("systemctl reset-failed docker; rm -f /run/airflow-watch/docker_restarts.json")
    wait(host.in_order, HEALED_SECONDS, "a host in order")
    yield host
    host.ssh("rm -f /run/airflow-watch/docker_restarts.json")


@pytest.mark.parametrize("fault", FAULTS)
def test_a_stranger_reaches_nothing(host: Guarded, hosts: dict[str, Guarded], fault: str) -> None:
    cause, end = FAULTS[fault]
    started = time.monotonic()
    with host.knocked() as tries:
        host.ssh(cause)
        wait(host.in_order, HEALED_SECONDS, "the return of Docker's rules")
        print(f"{fault}: in order after {time.monotonic() - started:.0f} s")
        if end:
            host.ssh(end)
            wait(host.in_order, HEALED_SECONDS, "the return of Docker's rules")
    assert host.open(tries) == {}
    for other in hosts.values():
        wait(lambda other=other: healthy(other), 300, f"healthy services on {other.name}")  # type: ignore[misc]


def test_the_stranger_would_succeed_without_the_table(host: Guarded) -> None:
    """The control experiment, and the way of an operator who insists."""
    with host.knocked() as tries:
        host.ssh("systemctl stop airflow-watch.timer airflow-firewall; nft delete table inet airflow_firewall; sleep 1")
        host.ssh("systemctl start airflow-watch.timer")
        wait(host.in_order, HEALED_SECONDS, "the table's return")
    assert host.open(tries) != {}
    with host.knocked() as tries:
        time.sleep(1)
    assert host.open(tries) == {}


def test_an_upgrade_of_the_engine_opens_nothing(hosts: dict[str, Guarded]) -> None:
    """To the newest engine that Debian has; its containers keep running."""
    host = hosts["control1"]
    before = host.ssh("docker ps -q --no-trunc | sort")
    with host.knocked() as tries:
        host.ssh(UPGRADE)
        wait(host.in_order, HEALED_SECONDS, "the return of Docker's rules")
    assert host.ssh("docker version --format '{{.Server.Version}}'") >= "28."
    assert host.open(tries) == {}
    for other in hosts.values():
        wait(lambda other=other: healthy(other), 300, f"healthy services on {other.name}")  # type: ignore[misc]
    assert host.ssh("docker ps -q --no-trunc | sort") == before


@pytest.mark.parametrize("flags", ["as the kernel allows", "owner only"])
def test_a_killed_holder_opens_at_most_a_second(host: Guarded, flags: str) -> None:
    """Kernels before 6.9 remove the table together with the process that holds it."""
    module = "/usr/local/lib/airflow-watch/current/airflow_watch/firewall.py"
    narrow = f'sed -i \'s/"owner,persist", "owner"/"owner"/\' {module}; systemctl restart airflow-firewall'
    wide = f'sed -i \'s/("owner", "")/("owner,persist", "owner", "")/\' {module}; systemctl restart airflow-firewall'
    if flags == "owner only":
        host.ssh(narrow)
        assert "flags owner\n" in host.ssh("nft list table inet airflow_firewall")
    try:
        with host.knocked() as tries:
            for _ in range(5):
                host.ssh("systemctl kill --signal=KILL airflow-firewall")
                wait(lambda: "firewall: active" in host.ssh("airflow-watch status"), 10, "the table's return")
        # More than half a second without an answer separates two openings.
        openings: list[list[float]] = []
        for at in sorted({at for found in host.open(tries).values() for at in found}):
            if openings and at - openings[-1][-1] <= 0.5:
                openings[-1].append(at)
            else:
                openings.append([at])
        longest = max((found[-1] - found[0] for found in openings), default=0.0)
        print(f"{flags}: {len(openings)} of 5 kills let packets through, for at most {longest:.2f} s")
        assert longest <= 1
        if flags != "owner only":
            assert host.open(tries) == {}
    finally:
        if flags == "owner only":
            host.ssh(wide)
            assert "flags owner,persist\n" in host.ssh("nft list table inet airflow_firewall")


def test_nothing_is_reachable_over_ipv6(host: Guarded) -> None:
    """The stack publishes nothing there, and a neighbour cannot route packets to the containers."""
    own, theirs = "fd00:aa::1", "fd00:aa::2"
    image = docker("inspect", "-f", "{{.Config.Image}}", host.stranger)
    network = docker("inspect", "-f", "{{.HostConfig.NetworkMode}}", host.stranger)
    enabled = ["--sysctl", "net.ipv6.conf.all.disable_ipv6=0", "--cap-add", "NET_ADMIN", "--network", network]
    stranger = docker("run", "--rm", "-d", *enabled, "--entrypoint", "sleep", image, "600")
    try:
        docker("exec", stranger, "python3", "-c", ADD_ADDRESS, theirs)
        host.ssh("echo 0 >/proc/sys/net/ipv6/conf/all/disable_ipv6")
        host.ssh(f"python3 - {own}", ADD_ADDRESS)
        argv = ["docker", "exec", stranger, "python3", "-c", REACH, own, "22", "5432", "6379", "8080", "8793", "8794"]
        wait(lambda: "22" in run(argv), 30, "SSH over IPv6")
        assert run(argv).split() == ["22"]
    finally:
        docker("rm", "-f", stranger)
        host.ssh("echo 1 >/proc/sys/net/ipv6/conf/all/disable_ipv6")


REACH = """
import socket, sys
for port in sys.argv[2:]:
    try:
        socket.create_connection((sys.argv[1], int(port)), timeout=2).close()
        print(port)
    except OSError:
        pass
"""
# Containers of the lab have no command for this.
ADD_ADDRESS = """
import socket, struct, sys
index = socket.if_nametoindex("eth0")
body = struct.pack("BBBBi", socket.AF_INET6, 64, 0x02, 0, index)
address = socket.inet_pton(socket.AF_INET6, sys.argv[1])
body += struct.pack("HH16s", 20, 1, address) + struct.pack("HH16s", 20, 2, address)
message = struct.pack("IHHII", 16 + len(body), 20, 0x405, 1, 0) + body
with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 0) as kernel:
    kernel.send(message)
    code = struct.unpack("i", kernel.recv(4096)[16:20])[0]
    assert code in (0, -17), code
"""


def run(argv: list[str]) -> str:
    """Return the output of a command."""
    return subprocess.run(argv, capture_output=True, text=True, check=True).stdout
