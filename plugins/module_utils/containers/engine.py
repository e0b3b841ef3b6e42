"""Queries the Docker engine of this host through its socket: what it has, and what it can get from registries.

Only Python's standard library is needed. The engine queries registries with its own mirrors, certificates and proxies,
so its answer is also valid for the containers of tasks.
"""

from __future__ import annotations

import http.client
import json
import socket
import urllib.parse
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from http import HTTPStatus
from typing import Any

# Timeout of a request: the engine itself waits too long for registries that do not answer.
SECONDS = 60
DENIED = ("unauthorized", "denied", "authentication required", "no basic auth credentials")


class EngineError(Exception):
    """The engine does not answer; the message says why."""


class _Connection(http.client.HTTPConnection):
    """HTTP over a Unix socket."""

    def __init__(self, path: str) -> None:
        super().__init__("docker", timeout=SECONDS)
        self.path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self.path)


class Engine:
    """The Docker engine behind a socket."""

    def __init__(self, path: str) -> None:
        self.path = path

    def get(self, path: str) -> tuple[int, Any]:
        """Return the status and content of the engine's answer for a path of its API.

        Raises:
            EngineError: It does not answer.
        """
        connection = _Connection(self.path)
        try:
            connection.request("GET", path)
            response = connection.getresponse()
            return response.status, json.loads(response.read())
        # Python 3.9 does not raise TimeoutError here.
        except socket.timeout as error:
            raise EngineError(f"no answer within {SECONDS} seconds") from error
        except (OSError, http.client.HTTPException, ValueError) as error:
            raise EngineError(f"{self.path}: {error}") from error
        finally:
            connection.close()

    def networks(self) -> list[str]:
        """Return names and ids of the networks.

        Raises:
            EngineError: The engine does not answer.
        """
        status, found = self.get("/networks")
        if status != HTTPStatus.OK:
            raise EngineError(found["message"])
        return [network[key] for network in found for key in ("Name", "Id")]

    def missing_images(self, names: Iterable[str]) -> dict[str, str]:
        """Return the images that neither the engine nor their registry has, with the registry's reason.

        Args:
            names: Image names, as in `docker run`.

        Raises:
            EngineError: The engine does not answer.
        """
        absent = [name for name in names if self.get(f"/images/{_quoted(name)}/json")[0] != HTTPStatus.OK]
        with ThreadPoolExecutor(max_workers=8) as pool:
            reasons = zip(absent, pool.map(self._refusal, absent))
            return {name: reason for name, reason in reasons if reason}

    def _refusal(self, name: str) -> str:
        """Return why the registry of an image does not provide it; empty text if it does."""
        try:
            status, answer = self.get(f"/distribution/{_quoted(name)}/json")
        except EngineError as error:
            return str(error)
        return "" if status == HTTPStatus.OK else str(answer.get("message", status))


def wants_login(reason: str) -> bool:
    """Return whether a registry may provide an image after a login."""
    return any(word in reason.lower() for word in DENIED)


def _quoted(name: str) -> str:
    return urllib.parse.quote(name, safe="/:@")
