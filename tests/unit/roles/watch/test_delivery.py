"""Messages reach a command or a URL, and errors show no secret."""

from __future__ import annotations

import json
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import TYPE_CHECKING, Any

import pytest
from airflow_watch import delivery
from airflow_watch.commands import WatchError
from airflow_watch.delivery import Target, beat, deliver, target

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

MESSAGE = {"id": "1", "what": "disk", "state": "failed", "text": "/ is full"}
TOKEN = "s3cret-t0ken"


class Server(HTTPServer):
    """A receiver that answers with a status and records what it gets."""

    status = 200

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.got: list[tuple[str, str, Any]] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/hook/{TOKEN}"


class Handler(BaseHTTPRequestHandler):
    """Records requests."""

    server: Server

    def answer(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        kind = self.headers.get("Content-Type", "")
        self.server.got.append((self.command, kind, json.loads(body) if body else None))
        self.send_response(self.server.status, f"reason-{TOKEN}")
        if self.server.status == 302:
            self.send_header("Location", f"{self.server.url}/elsewhere")
        self.send_header("Content-Length", "0")
        self.end_headers()

    do_GET = do_POST = answer  # noqa: N815

    def log_message(self, *_: Any) -> None:
        pass


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)
    with Server() as one:
        thread = threading.Thread(target=one.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield one
        one.shutdown()
        thread.join()


def test_a_url_gets_json_by_post(server: Server) -> None:
    deliver(Target(url=server.url), MESSAGE)
    assert server.got == [("POST", "application/json", MESSAGE)]


def test_a_heartbeat_is_a_get(server: Server) -> None:
    beat(Target(heartbeat=server.url))
    assert server.got == [("GET", "", None)]


@pytest.mark.parametrize(
    ("status", "words"),
    [
        (302, "answers 302 Found, a redirect; write the address that it leads to"),
        (403, "airflow_watch_alert.url answers 403 Forbidden"),
        (500, "airflow_watch_alert.url answers 500 Internal Server Error"),
    ],
)
def test_an_error_is_reported_without_the_url(server: Server, status: int, words: str) -> None:
    server.status = status
    with pytest.raises(WatchError) as error:
        deliver(Target(url=server.url), MESSAGE)
    assert words in str(error.value)
    assert TOKEN not in str(error.value)
    # A redirect is not followed: as a GET, the message would be lost.
    assert [method for method, _, _ in server.got] == ["POST"]


@pytest.mark.parametrize(
    ("url", "words"),
    [
        (f"http://127.0.0.1:1/{TOKEN}", "does not answer: Connection refused"),
        (f"http://127.0.0.1:1/a b/{TOKEN}", "does not answer: InvalidURL"),
        (f"http://nowhere.invalid/{TOKEN}", "does not answer: "),
        (f"{TOKEN}", "does not answer: ValueError"),
        (f"http://[{TOKEN}/", "does not answer: ValueError"),
        (f"ftp://{TOKEN}/", "does not answer: "),
    ],
)
def test_a_url_that_does_not_answer_is_not_shown(url: str, words: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("no_proxy", "*")
    with pytest.raises(WatchError, match=words) as error:
        deliver(Target(url=url), MESSAGE)
    assert f"/{TOKEN}" not in str(error.value)


def test_a_certificate_of_an_unknown_ca_is_refused(server: Server) -> None:
    """The receiver speaks no TLS at all; the error is one of TLS."""
    with pytest.raises(WatchError, match="does not answer: ") as error:
        deliver(Target(url=server.url.replace("http:", "https:")), MESSAGE)
    assert TOKEN not in str(error.value)


def test_the_proxy_of_the_environment_is_used(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", f"http://127.0.0.1:{server.server_port}")
    deliver(Target(url=f"http://alerts.invalid/{TOKEN}"), MESSAGE)
    assert server.got[0][0] == "POST"


def script(tmp_path: Path, text: str) -> tuple[str, ...]:
    path = tmp_path / "alert"
    path.write_text(f"#!/bin/sh\n{text}\n", encoding="utf-8")
    path.chmod(0o755)
    return (str(path), "a b; touch /tmp/x", "$HOME")


def test_a_command_gets_the_message_without_a_shell(tmp_path: Path) -> None:
    command = script(
        tmp_path,
        f'printf "%s\\n" "$@" "$AIRFLOW_ALERT_WHAT" "$AIRFLOW_ALERT_TEXT" >{tmp_path}/got; cat >>{tmp_path}/got',
    )
    deliver(Target(command=command), MESSAGE)
    *words, body = (tmp_path / "got").read_text(encoding="utf-8").splitlines()
    assert words == ["a b; touch /tmp/x", "$HOME", "disk", "/ is full"]
    assert json.loads(body) == MESSAGE


def test_a_command_that_fails_is_reported_without_its_words_and_output(tmp_path: Path) -> None:
    command = (*script(tmp_path, f"echo {TOKEN} >&2; exit 3"), TOKEN)
    with pytest.raises(WatchError) as error:
        deliver(Target(command=command), MESSAGE)
    assert str(error.value) == f"{command[0]} failed with exit code 3; `airflow-watch alert --test` shows its output"


def test_a_command_that_hangs_is_killed_with_its_children(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(delivery, "COMMAND_SECONDS", 0.3)
    command = script(tmp_path, f"(sleep 2; touch {tmp_path}/survived) & wait")
    with pytest.raises(WatchError, match=r"did not end within 0\.3 s"):
        deliver(Target(command=command), MESSAGE)
    assert threading.Event().wait(2.2) is False
    assert not (tmp_path / "survived").exists()


@pytest.mark.parametrize(("path", "words"), [("/nowhere", "No such file"), ("/etc", "Permission denied")])
def test_a_command_that_cannot_be_run_is_named(path: str, words: str) -> None:
    with pytest.raises(WatchError, match=f"{path} cannot be run: {words}"):
        deliver(Target(command=(path,)), MESSAGE)


def test_a_command_that_does_not_read_its_input_is_no_error(tmp_path: Path) -> None:
    deliver(Target(command=script(tmp_path, "exec 0<&-; exit 0")), {**MESSAGE, "text": "x" * 10**5})


@pytest.mark.parametrize("text", ["", "{", "[]", "7", '{"command": 7}'])
def test_a_damaged_file_is_named_without_its_content(tmp_path: Path, text: str) -> None:
    path = tmp_path / "watch_alert"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(WatchError, match=r"watch_alert is missing or damaged; run site\.yml"):
        target(path)


def test_the_file_of_the_role_is_read(tmp_path: Path) -> None:
    path = tmp_path / "watch_alert"
    path.write_text('{"command": ["/x", "y"], "heartbeat_url": ""}\n', encoding="utf-8")
    assert target(path) == Target(("/x", "y"))
    path.write_text('{"heartbeat_url": "http://h/", "url": "http://u/"}', encoding="utf-8")
    assert target(path) == Target((), "http://u/", "http://h/")
    path.write_text('{"heartbeat_url": ""}', encoding="utf-8")
    assert not target(path).set
