"""Probe TCP ports of a host from a neighbour on the same link, including addresses that no router would forward to it.

python3 knock.py HOST ADDRESS:PORT...: sends the host an Ethernet frame with a SYN for each address, as an attacker on
the link can, and prints the addresses that answer. Runs as root in a container of the lab; needs only Python.

python3 knock.py --until-closed HOST ADDRESS:PORT...: does so 20 times a second until its standard input is closed, and
prints the number of attempts, and for each address that answered the seconds of these attempts since the start.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import random
import select
import socket
import struct
import sys
import time
from pathlib import Path
from typing import Self

SIOCGIFADDR = 0x8915
TIMES = 3
SECONDS = 2
# Seconds between two attempts of one that goes on.
PERIOD = 0.05
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


def knock(host: str, targets: list[str]) -> list[str]:
    """Return the targets that answer one of a few packets."""
    answered: set[str] = set()
    with Link(host) as link:
        for _ in range(TIMES):
            for target in targets:
                link.send(target)
            end = time.monotonic() + SECONDS
            while time.monotonic() < end:
                answered |= {target for target, _ in link.answers()}
    return sorted(answered)


def knock_on(host: str, targets: list[str]) -> dict[str, object]:
    """Knock until standard input is closed; return when which targets answered."""
    # A host repeats its answer for seconds, so what counts is when the packet was sent.
    answered: dict[str, set[float]] = {target: set() for target in targets}
    sent, started = 0, time.monotonic()
    with Link(host) as link:
        print("ready", flush=True)
        while not select.select([sys.stdin], [], [], 0)[0]:
            for target in targets:
                link.send(target, round(time.monotonic() - started, 2))
            sent, end = sent + 1, time.monotonic() + PERIOD
            while time.monotonic() < end:
                for target, at in link.answers(PERIOD / 5):
                    answered[target].add(at)
    times = {target: sorted(found) for target, found in answered.items()}
    return {"sent": sent, "seconds": time.monotonic() - started, "answered": times}


class Link:
    """A raw socket on the link to a host."""

    def __init__(self, host: str) -> None:
        """Find the interface and the host's hardware address."""
        self.interface = next(path.name for path in sorted(Path("/sys/class/net").iterdir()) if path.name != "lo")
        self.source, self.head = address_of(self.interface), ethernet(self.interface, host)
        # Each packet gets a source port of its own, which identifies its answer whatever address that comes from. They
        # start at random, because the host would treat a packet between known ports as part of a connection that it
        # accepted before.
        self.port = random.randrange(20000, 60000)  # noqa: S311
        self.asked: dict[int, tuple[str, float]] = {}

    def __enter__(self) -> Self:
        """Open the socket."""
        self.socket = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(3))
        self.socket.bind((self.interface, 0))
        return self

    def __exit__(self, *_: object) -> None:
        """Close the socket."""
        self.socket.close()

    def send(self, target: str, at: float = 0.0) -> None:
        """Send a SYN to a target, written ADDRESS:PORT, and remember the time."""
        self.port = 20000 + (self.port + 1) % 40000
        self.asked[self.port] = target, at
        address, theirs = target.split(":")
        self.socket.send(self.head + packet(self.source, address, (self.port, int(theirs))))

    def answers(self, seconds: float = 0.2) -> set[tuple[str, float]]:
        """Return the targets whose answer arrives within some seconds, with the times at which they were asked."""
        self.socket.settimeout(seconds)
        with contextlib.suppress(TimeoutError):
            frame = self.socket.recv(2000)
            if frame[12:14] == b"\x08\x00" and frame[23] == socket.IPPROTO_TCP and frame[47] == SYN_ACK:
                return {self.asked[port] for port in struct.unpack("!H", frame[36:38]) if port in self.asked}
        return set()


def main() -> None:
    """Run as a program."""
    words = sys.argv[1:]
    if words[0] == "--until-closed":
        print(json.dumps(knock_on(words[1], words[2:])))
    else:
        print(json.dumps(knock(words[0], words[1:])))


if __name__ == "__main__":
    main()
