"""A receiver of alerts on the host's loopback address: appends each request to a file, and answers with a status.

Usage: receiver.py PORT FILE STATUS_FILE
"""

from __future__ import annotations

import json
import sys
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

PORT, FILE, STATUS = int(sys.argv[1]), Path(sys.argv[2]), Path(sys.argv[3])


class Handler(BaseHTTPRequestHandler):
    """Records requests."""

    def answer(self) -> None:
        """Record a request and answer it."""
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        status = int(STATUS.read_text(encoding="ascii"))
        line = {"status": status, "method": self.command, "path": self.path, "body": json.loads(body or b"null")}
        with FILE.open("a", encoding="utf-8") as file:
            file.write(f"{json.dumps(line)}\n")
        self.send_response(status)
        self.send_header("Content-Length", "0")
        self.end_headers()

    do_GET = do_POST = answer  # noqa: N815

    def log_message(self, *_: object) -> None:
        """Keep the paths, which have a token, out of the journal."""


HTTPServer(("127.0.0.1", PORT), Handler).serve_forever()
