"""Probe TCP ports of a host from a neighbour on the same link, including addresses that no router would forward to it.

python3 knock.py HOST ADDRESS:PORT...: sends the host an Ethernet frame with a SYN for each address, as an attacker on
the link can, and prints the addresses that answer. Runs as root in a container of the lab; needs only Python.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import random
import socket
import struct
import sys
import time
from pathlib import Path

SIOCGIFADDR = 0x8915
TIMES = 3
SECONDS = 2
SYN, SYN_ACK = 0x02, 0x12


def checksum(data: bytes) -> int:
    """Internet checksum of the data."""
    data += b"\0" * (len(data) % 2)
    total = sum(struct.unpack(f"!{len(data) // 2}H", data))
    total = (total >> 16) + (total & 0xFFFF)
    return ~(total + (total >> 16)) & 0xFFFF


def packet(source: str, target: str, ports: tuple[int, int]) -> bytes:
    """An IPv4 packet with a SYN."""
    addresses = socket.inet_aton(source) + socket.inet_aton(target)
    tcp = struct.pack("!HHIIBBHHH", *ports, 1000, 0, 5 << 4, SYN, 64240, 0, 0)
    total = checksum(addresses + struct.pack("!BBH", 0, socket.IPPROTO_TCP, len(tcp)) + tcp)
    tcp = tcp[:16] + struct.pack("!H", total) + tcp[18:]
    head = struct.pack("!BBHHHBBH", 0x45, 0, 20 + len(tcp), 1, 0, 64, socket.IPPROTO_TCP, 0) + addresses
    return head[:10] + struct.pack("!H", checksum(head)) + head[12:] + tcp


def ethernet(interface: str, host: str) -> bytes:
    """Ethernet header of a frame to a host on the same link."""
    with contextlib.suppress(OSError):
        socket.create_connection((host, 22), timeout=SECONDS).close()
    table = Path("/proc/net/arp").read_text(encoding="ascii").splitlines()
    (theirs,) = [line.split()[3] for line in table if line.split()[0] == host]
    ours = Path(f"/sys/class/net/{interface}/address").read_text(encoding="ascii").strip()
    return bytes.fromhex((theirs + ours).replace(":", "")) + b"\x08\x00"


def address_of(interface: str) -> str:
    """The IPv4 address of an interface."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
        request = struct.pack("256s", interface.encode())
        return socket.inet_ntoa(fcntl.ioctl(any_socket.fileno(), SIOCGIFADDR, request)[20:24])


def main() -> None:
    """Run as a program."""
    host, targets = sys.argv[1], sys.argv[2:]
    interface = next(path.name for path in sorted(Path("/sys/class/net").iterdir()) if path.name != "lo")
    source, head = address_of(interface), ethernet(interface, host)
    # Each target gets its own source port, which identifies its answer whatever address that comes from. The ports are
    # random, because the host would treat a packet between known ports as part of a connection it accepted before.
    first = random.randrange(20000, 60000)  # noqa: S311
    ours = {first + number: target for number, target in enumerate(targets)}
    answered = set()
    with socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(3)) as link:
        link.bind((interface, 0))
        link.settimeout(0.2)
        for _ in range(TIMES):
            for port, target in ours.items():
                address, theirs = target.split(":")
                link.send(head + packet(source, address, (port, int(theirs))))
            end = time.monotonic() + SECONDS
            while time.monotonic() < end:
                with contextlib.suppress(TimeoutError):
                    frame = link.recv(2000)
                    if frame[12:14] == b"\x08\x00" and frame[23] == socket.IPPROTO_TCP and frame[47] == SYN_ACK:
                        answered.add(struct.unpack("!H", frame[36:38])[0])
    print(json.dumps(sorted(target for port, target in ours.items() if port in answered)))


if __name__ == "__main__":
    main()
