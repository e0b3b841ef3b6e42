"""Program for the neighbour: `python3 - HOST ADDRESS` connects to Postgres at ADDRESS with HOST as the gateway.

It prints `connected`, waits for a line on standard input, sends Postgres a request, and prints `answered` or `reset`.
"""

import fcntl
import socket
import struct
import sys

SIOCADDRT, UP, GATEWAY, TO_HOST = 0x890B, 1, 2, 4
SSL_REQUEST = struct.pack("!II", 8, 80877103)


def name(address: str) -> bytes:
    """Socket address in the kernel's format."""
    return struct.pack("=HH4s8x", socket.AF_INET, 0, socket.inet_aton(address))


host, address = sys.argv[1:]
with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
    flags = UP | GATEWAY | TO_HOST
    route = struct.pack(
        "L16s16s16sHhLPhPLLH", 0, name(address), name(host), name("255.255.255.255"), flags, 0, 0, 0, 0, 0, 0, 0, 0
    )
    fcntl.ioctl(any_socket, SIOCADDRT, route)
with socket.create_connection((address, 5432), timeout=5) as postgres:
    print("connected", flush=True)
    sys.stdin.readline()
    postgres.sendall(SSL_REQUEST)
    try:
        print("answered" if postgres.recv(1) else "closed")
    except ConnectionResetError:
        print("reset")
