"""Terminate TLS in front of a registry mirror: tls_mirror.py CERTIFICATE KEY PORT TARGET_HOST TARGET_PORT."""

import contextlib
import shutil
import socket
import ssl
import sys
import threading


def pump(source: socket.socket, target: socket.socket) -> None:
    """Forward what one side sends, until it closes the connection."""
    with (
        contextlib.suppress(OSError),
        source.makefile("rb", buffering=0) as read,
        target.makefile("wb", buffering=0) as write,
    ):
        shutil.copyfileobj(read, write)
    with contextlib.suppress(OSError):
        target.shutdown(socket.SHUT_WR)


def main(certificate: str, key: str, port: str, host: str, target: str) -> None:
    """Serve until the process is killed."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate, key)
    with socket.create_server(("127.0.0.1", int(port))) as server:
        while True:
            client, _address = server.accept()
            with contextlib.suppress(OSError):
                secure = context.wrap_socket(client, server_side=True)
                upstream = socket.create_connection((host, int(target)))
                for pair in ((secure, upstream), (upstream, secure)):
                    threading.Thread(target=pump, args=pair, daemon=True).start()


if __name__ == "__main__":
    main(*sys.argv[1:])
