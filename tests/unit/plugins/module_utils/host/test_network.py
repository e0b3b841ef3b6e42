"""The networks of a host, from files of Linux."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.host import network

pytestmark = pytest.mark.skipif(sys.byteorder != "little", reason="the tables are those of a little-endian machine")

HEAD = "Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT\n"
TRIE = """Main:
  +-- 0.0.0.0/0 3 0 5
     |-- 0.0.0.0
        /0 universe UNICAST
     +-- 10.206.12.0/24 2 0 2
        |-- 10.206.12.0
           /24 link UNICAST
        |-- 10.206.12.11
           /32 host LOCAL
        |-- 10.206.12.255
           /32 link BROADCAST
     +-- 127.0.0.0/8 2 0 2
        |-- 127.0.0.1
           /32 host LOCAL
Local:
     |-- 10.206.12.11
        /32 host LOCAL
     |-- 192.0.2.9
        /32 host LOCAL
"""


def row(interface: str, destination: str, mask: str) -> str:
    return f"{interface}\t{destination}\t00000000\t0001\t0\t0\t0\t{mask}\t0\t0\t0\n"


@pytest.mark.parametrize(
    ("table", "found"),
    [
        ("", []),
        (HEAD, []),
        (HEAD + row("eth0", "00000000", "00000000"), []),
        # The two halves with which OpenVPN replaces the default route.
        (HEAD + row("tun0", "00000000", "00000080") + row("tun0", "00000080", "00000080"), []),
        (HEAD + row("eth0", "000CCE0A", "00FFFFFF"), [{"interface": "eth0", "network": "10.206.12.0/24"}]),
        (
            HEAD + row("br-airflow", "000012AC", "0000FFFF") + row("wg0", "0000000A", "000000FF"),
            [{"interface": "br-airflow", "network": "172.18.0.0/16"}, {"interface": "wg0", "network": "10.0.0.0/8"}],
        ),
        (HEAD + row("wg0", "0900A8C0", "FFFFFFFF"), [{"interface": "wg0", "network": "192.168.0.9/32"}]),
    ],
)
def test_routes(table: str, found: list[dict[str, str]]) -> None:
    assert network.routes(table) == found


@pytest.mark.parametrize(
    ("trie", "found"),
    [
        (TRIE, ["10.206.12.11", "192.0.2.9"]),
        ("", []),
        ("Local:\n  |-- 127.0.0.53\n     /32 host LOCAL\n", []),
        ("Local:\n  |-- 10.0.0.255\n     /32 link BROADCAST\n", []),
    ],
)
def test_addresses(trie: str, found: list[str]) -> None:
    assert network.addresses(trie) == found


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("nameserver 10.1.0.2\nsearch example.com\nnameserver 192.0.2.1\n", ["10.1.0.2", "192.0.2.1"]),
        ("nameserver 127.0.0.53\noptions edns0\n", []),
        ("# nameserver 10.1.0.2\nnameserver fe80::1%eth0\nnameserver\n", []),
        ("", []),
    ],
)
def test_name_servers(text: str, found: list[str]) -> None:
    assert network.name_servers(text) == found


@pytest.mark.parametrize(
    ("text", "mtu"),
    [
        ("", ""),
        ("{}", ""),
        ('{"mtu": 1450}', "1450"),
        ('{"mtu": 0}', ""),
        ('{"default-network-opts": {"bridge": {"com.docker.network.driver.mtu": "1400"}}}', "1400"),
        ('{"mtu": 1450, "default-network-opts": {"bridge": {"com.docker.network.driver.mtu": "1400"}}}', "1400"),
        ('{"mtu": 1450, "default-network-opts": {"overlay": {"com.docker.network.driver.mtu": "1400"}}}', "1450"),
        ('{"default-network-opts": null, "mtu": 9000}', "9000"),
        ("[1450]", ""),
        ("not JSON", ""),
    ],
)
def test_mtu(text: str, mtu: str) -> None:
    assert network.mtu(text) == mtu


def process(proc: Path, pid: int, parent: int, environment: str, name: str = "sh") -> None:
    (proc / str(pid)).mkdir()
    (proc / str(pid) / "environ").write_text(environment)
    (proc / str(pid) / "stat").write_text(f"{pid} ({name}) S {parent} {pid} 0\n")


@pytest.mark.parametrize(
    ("connection", "found"),
    [
        ("198.51.100.7 50022 192.0.2.11 22", "198.51.100.7"),
        ("2001:db8::7 50022 2001:db8::11 22", ""),
        ("127.0.0.1 50022 127.0.0.1 22", ""),
    ],
)
def test_the_controller_is_known_to_the_shell_above_sudo(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, connection: str, found: str
) -> None:
    monkeypatch.setattr(network, "PROC", str(tmp_path))
    process(tmp_path, 1, 0, "")
    process(tmp_path, 20, 1, "LANG=C\0", name="sshd: me (a) b")
    process(tmp_path, 21, 20, f"HOME=/home/me\0SSH_CONNECTION={connection}\0")
    process(tmp_path, 22, 21, "", name="sudo")
    process(tmp_path, 23, 22, "SUDO_USER=me\0", name="python3")
    assert network.controller(23) == found


def test_without_ssh_there_is_no_controller(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(network, "PROC", str(tmp_path))
    process(tmp_path, 1, 0, "SSH_CONNECTION=192.0.2.1 1 192.0.2.2 22\0")
    process(tmp_path, 30, 1, "HOME=/root\0")
    assert network.controller(30) == ""
    # A process whose parent has ended meanwhile.
    process(tmp_path, 31, 29, "")
    assert network.controller(31) == ""


@pytest.mark.skipif(sys.platform != "linux", reason="reads Linux' files")
def test_this_machine_answers() -> None:
    found = network.state()
    assert set(found) == {"routes", "addresses", "name_servers", "controller", "mtu"}
    code = f"import sys; sys.path[:0] = {sys.path!r}; from {network.__name__} import controller; import os; "
    code += "print(controller(os.getpid()))"
    shell = {**os.environ, "SSH_CONNECTION": "198.51.100.7 50022 192.0.2.11 22"}
    # As sudo does, the process in between removes the variable.
    argv = ["sh", "-c", 'env -u SSH_CONNECTION "$0" -c "$1"; true', sys.executable, code]
    assert subprocess.run(argv, env=shell, capture_output=True, text=True, check=True).stdout == "198.51.100.7\n"
