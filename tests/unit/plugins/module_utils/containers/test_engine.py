"""Networks and images, as read from the Docker engine through a Unix socket."""

from __future__ import annotations

import json
import socketserver
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.containers import engine as docker_engine
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.containers.engine import (
    Engine,
    EngineError,
    wants_login,
)

ANSWERS: dict[str, tuple[int, Any]] = {
    "/networks": (200, [{"Name": "airflow", "Id": "0290ca"}, {"Name": "bridge", "Id": "77"}]),
    "/images/here:1/json": (200, {}),
    "/images/registry.lab:5000/a/b@sha256:12/json": (200, {}),
    "/distribution/there:1/json": (200, {}),
    "/distribution/gone:1/json": (404, {"message": "manifest unknown"}),
    "/distribution/Bad%20Name/json": (400, {"message": "invalid reference format"}),
}


class Server(socketserver.ThreadingUnixStreamServer):
    def handle_error(self, *_: Any) -> None:
        """Stay silent, because one test disconnects on purpose."""


class Handler(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        status, answer = ANSWERS.get(self.path, (404, {"message": "no such thing"}))
        self.send_response(status)
        self.end_headers()
        self.wfile.write(json.dumps(answer).encode())

    def address_string(self) -> str:
        return "socket"

    def log_message(self, *_: Any) -> None:
        pass


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    path = str(tmp_path / "docker.sock")
    with Server(path, Handler) as server:
        threading.Thread(target=server.serve_forever, args=(0.01,)).start()
        yield Engine(path)
        server.shutdown()


def test_networks_have_names_and_ids(engine: Engine) -> None:
    assert engine.networks() == ["airflow", "0290ca", "bridge", "77"]


def test_images_are_searched_locally_and_in_their_registries(engine: Engine) -> None:
    names = ["here:1", "registry.lab:5000/a/b@sha256:12", "there:1", "gone:1", "Bad Name"]
    assert engine.missing_images(names) == {"gone:1": "manifest unknown", "Bad Name": "invalid reference format"}
    assert engine.missing_images([]) == {}


def test_a_registry_that_does_not_answer_is_reported(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(docker_engine, "SECONDS", 0.05)
    gate = threading.Event()
    monkeypatch.setitem(ANSWERS, "/images/slow:1/json", (404, {}))
    answer = Handler.do_GET

    def slowly(self: Handler) -> None:
        if self.path.startswith("/distribution"):
            gate.wait(5)
        answer(self)

    monkeypatch.setattr(Handler, "do_GET", slowly)
    assert engine.missing_images(["slow:1"]) == {"slow:1": "no answer within 0.05 seconds"}
    gate.set()


def test_no_engine(tmp_path: Path) -> None:
    with pytest.raises(EngineError, match=r"docker\.sock: .*No such file"):
        Engine(str(tmp_path / "docker.sock")).networks()


def test_an_error_of_the_engine_is_raised(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(ANSWERS, "/networks", (500, {"message": "out of order"}))
    with pytest.raises(EngineError, match="out of order"):
        engine.networks()


@pytest.mark.parametrize(
    ("reason", "expected"),
    [
        ("unauthorized: authentication required", True),
        ("denied: requested access to the resource is denied", True),
        ("manifest unknown", False),
        ("dial tcp: lookup registry.example: no such host", False),
    ],
)
def test_errors_that_need_a_login_are_recognised(reason: str, *, expected: bool) -> None:
    assert wants_login(reason) is expected
