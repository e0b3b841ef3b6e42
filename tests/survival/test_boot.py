"""Power cuts, reboots and a late network: the hosts recover by themselves, and no work is lost or done twice."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest

from tests.lab.docker import docker
from tests.support.hosts import cut_power
from tests.support.wait import wait
from tests.survival.conftest import recovered

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.support.work import Work
    from tests.survival.conftest import Guarded


def reboot(container: str) -> None:
    """Shut a host down, and start it again."""
    docker("restart", "--time", "60", container)


@pytest.mark.parametrize("end", [cut_power, reboot])
@pytest.mark.parametrize("name", ["control1", "data1"])
def test_a_host_comes_back(hosts: dict[str, Guarded], work: Work, name: str, end: Callable[[str], None]) -> None:
    host = hosts[name]
    run = work.start_long()
    with host.knocked(ssh=False) as tries:
        since = time.monotonic()
        end(host.container)
        recovered(hosts, since)
    assert host.open(tries) == {}
    work.finish(run)


def test_all_hosts_lose_power_together(hosts: dict[str, Guarded], work: Work) -> None:
    run = work.start_long()
    since = time.monotonic()
    for host in hosts.values():
        docker("kill", host.container)
    for host in hosts.values():
        docker("start", host.container)
    recovered(hosts, since)
    work.finish(run)


def test_a_private_address_that_comes_a_minute_after_docker(hosts: dict[str, Guarded], work: Work) -> None:
    """Docker does not try such containers again (moby#39559)."""
    host = hosts["data1"]
    host.ssh("cat >/usr/local/sbin/address", ADDRESS)
    host.ssh(f"cat >/etc/systemd/system/{LATE}", UNIT.replace("ADDRESS", host.address))
    host.ssh(f"systemctl daemon-reload; systemctl enable {LATE}")
    try:
        since = time.monotonic()
        cut_power(host.container)
        recovered(hosts, since)
        assert "cannot assign requested address" in host.ssh("journalctl -u docker -b --no-pager")
    finally:
        wait(lambda: host.run("true").returncode == 0, 120, "SSH")
        host.ssh(f"systemctl disable {LATE}; rm /etc/systemd/system/{LATE}")
    work.finish(work.start_long(20))


LATE = "late-address.service"
UNIT = """
[Unit]
Before=docker.service
[Service]
Type=oneshot
RemainAfterExit=yes
ExecStart=/usr/bin/python3 /usr/local/sbin/address del ADDRESS
ExecStartPost=/usr/bin/systemd-run --on-active=75 /usr/bin/python3 /usr/local/sbin/address add ADDRESS
[Install]
WantedBy=docker.service
"""
# Hosts of the lab have no command for this; see rtnetlink(7).
ADDRESS = """
import ipaddress, json, pathlib, socket, struct, sys
todo, address = sys.argv[1:]
index, kept = socket.if_nametoindex("eth0"), pathlib.Path("/var/tmp/prefix")
packed = ipaddress.ip_address(address).packed
with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 0) as kernel:
    def ask(kind, flags, body):
        kernel.send(struct.pack("IHHII", 16 + len(body), kind, flags, 1, 0) + body)
        return kernel.recv(65536)
    if todo == "del":
        found = ask(22, 0x301, struct.pack("BBBBi", socket.AF_INET, 0, 0, 0, 0))
        at = 0
        while at < len(found):
            length, _, _, _, _ = struct.unpack_from("IHHII", found, at)
            if packed in found[at : at + length]:
                kept.write_text(str(found[at + 17]))
            at += length
        kernel.recv(65536)
    body = struct.pack("BBBBi", socket.AF_INET, int(kept.read_text()), 0, 0, index)
    body += struct.pack("HH4s", 8, 2, packed) + struct.pack("HH4s", 8, 1, packed)
    code = struct.unpack_from("i", ask(20 if todo == "add" else 21, 0x405, body), 16)[0]
    assert code == 0, code
    print(todo, address, kept.read_text())
"""
