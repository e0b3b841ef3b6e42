"""The health checks of the Airflow services: what they say about a broken service, and about a broken server."""

from __future__ import annotations

import contextlib
import os
import socket
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from tests.support.programs import load_with

Verdict = Callable[..., str]


@pytest.fixture
def health(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """The program as a module, with a secret to read."""
    module = load_with("health", "health_queue")
    # Imported only by the check of a worker.
    monkeypatch.setitem(sys.modules, "health_queue", module.health_queue)
    module.SECRETS = str(tmp_path)
    (tmp_path / "sql_alchemy_conn").write_text("postgresql+psycopg2://airflow:x@postgres:5432/airflow")
    return module


class Database:
    """Stand in for psycopg2, its connection and its cursor: return the age of the last heartbeat."""

    def __init__(self, age: float | None) -> None:
        self.age = age

    def connect(self, url: str, connect_timeout: int) -> Database:
        assert url.startswith("postgresql://airflow:x@")
        assert connect_timeout
        return self

    def cursor(self) -> Database:
        return self

    def __enter__(self) -> Database:
        return self

    def __exit__(self, *_args: object) -> None: ...

    def execute(self, query: str, values: tuple[str, str]) -> None:
        assert query.count("%s") == len(values)

    def fetchone(self) -> tuple[float | None]:
        return (self.age,)


@pytest.fixture
def said(health: Any, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Callable[..., str]:
    """Output of a failed check, empty if it succeeds."""

    def leave(code: int) -> None:
        raise SystemExit(code)

    def check(*words: str) -> str:
        monkeypatch.setattr(os, "_exit", leave)
        with contextlib.suppress(SystemExit):
            health.main(*words)
            assert not capsys.readouterr().out.startswith("away")
        return capsys.readouterr().out

    return check


@pytest.fixture
def verdict(health: Any, said: Callable[..., str], monkeypatch: pytest.MonkeyPatch) -> Verdict:
    """Output of the check for the ages of the heartbeat and of the container; empty if healthy."""

    def check(heartbeat: float | None, container: float, limit: str = "30") -> str:
        monkeypatch.setitem(sys.modules, "psycopg2", Database(heartbeat))
        monkeypatch.setattr(health, "container_age", lambda: container)
        return said("job", "SchedulerJob", limit)

    return check


def test_a_fresh_heartbeat_is_healthy(verdict: Verdict) -> None:
    assert verdict(8.0, 600.0) == ""


def test_an_old_heartbeat_is_unhealthy(verdict: Verdict) -> None:
    assert verdict(45.0, 600.0) == "heartbeat: the last heartbeat of SchedulerJob is 45 s old\n"
    assert verdict(45.0, 600.0, "90") == ""


@pytest.mark.parametrize("heartbeat", [None, 12.0])
def test_a_heartbeat_of_an_earlier_container_does_not_count(verdict: Verdict, heartbeat: float | None) -> None:
    words = verdict(heartbeat, 4.0)
    assert words.startswith("heartbeat: SchedulerJob of ")
    assert words.endswith(" has sent no heartbeat since this container started\n")


def broken(words: str) -> Any:
    def connect(*_: Any, **_others: Any) -> None:
        raise ConnectionError(words)

    return type("Module", (), {"connect": staticmethod(connect)})


@pytest.mark.parametrize(
    ("words", "output"),
    [
        ("connection refused\nIs the server running?", "away: postgres: ConnectionError: connection refused Is the"),
        ("FATAL: the database system is starting up", "away: postgres: ConnectionError: FATAL: the database system is"),
        ('FATAL: password authentication failed for user "airflow"', "refused: postgres: ConnectionError: FATAL: pass"),
    ],
)
@pytest.mark.parametrize("check", [("job", "SchedulerJob", "30"), ("http", "1", "/health")])
def test_a_broken_database_is_not_the_fault_of_the_service(
    said: Callable[..., str], monkeypatch: pytest.MonkeyPatch, check: tuple[str, ...], words: str, output: str
) -> None:
    monkeypatch.setitem(sys.modules, "psycopg2", broken(words))
    assert said(*check).startswith(output)


def test_a_database_that_never_answers_is_away(
    health: Any, said: Callable[..., str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its process is stopped: the connection is accepted, but no answer comes, and psycopg2 has no timeout for that."""
    monkeypatch.setattr(health, "SERVER_SECONDS", 0.05)
    monkeypatch.setattr(health, "SERVICE_SECONDS", 0.05)
    monkeypatch.setattr(health, "query", lambda *_: time.sleep(5))
    assert said("job", "SchedulerJob", "30") == "away: postgres: TimeoutError: no answer within 0.05 s\n"


class Server:
    """A server on a TCP port or a Unix socket that gives one answer, perhaps late or never."""

    def __init__(self, address: Any, answer: bytes, seconds: float = 0) -> None:
        family = socket.AF_UNIX if isinstance(address, str) else socket.AF_INET
        self.socket = socket.socket(family)
        self.socket.bind(address)
        self.socket.listen()
        self.answer, self.seconds = answer, seconds
        threading.Thread(target=self.serve, daemon=True).start()

    def serve(self) -> None:
        while True:
            connection, _ = self.socket.accept()
            connection.recv(1000)
            time.sleep(self.seconds)
            connection.sendall(self.answer)
            connection.close()


GOOD = b"HTTP/1.0 200 OK\r\n\r\n"


@pytest.mark.parametrize(
    ("answer", "seconds", "output"),
    [
        (GOOD, 0, ""),
        # Slow, but working.
        (GOOD, 0.3, ""),
        (GOOD, 5, "hangs: "),
        (b"HTTP/1.0 500 Error\r\n\r\n", 0, "error: /health answered 'HTTP/1.0 500 Error'\n"),
    ],
)
def test_a_web_server(health: Any, said: Callable[..., str], answer: bytes, seconds: float, output: str) -> None:
    health.SERVICE_SECONDS = 1
    health.SERVERS["postgres"] = lambda: 1
    server = Server(("127.0.0.1", 0), answer, seconds)
    found = said("http", str(server.socket.getsockname()[1]), "/health")
    assert found == output or (output == "hangs: " and found.startswith(output))


def test_a_port_without_a_listener_is_a_hang(
    health: Any, said: Callable[..., str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(health.SERVERS, "postgres", lambda: 1)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        assert said("http", str(free.getsockname()[1]), "/").startswith("hangs: ConnectionRefusedError")


@pytest.fixture
def worker(health: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """A worker that answers, with a socket of Docker that works."""
    name = f"celery@{socket.gethostname()}"
    state: dict[str, Any] = {"queues": {name: [{"name": "default"}]}, "seconds": 0}
    # Messages of the queue at each look, the oldest last, and the tasks of the worker.
    state.update(messages=[[]], active=[], reserved=[])

    def active_queues() -> Any:
        time.sleep(state["seconds"])
        if isinstance(state["queues"], Exception):
            raise state["queues"]
        return state["queues"]

    def lindex(queue: str, at: int) -> bytes | None:
        assert (queue, at) == ("default", -1)
        looks = state["messages"]
        found = looks.pop(0) if len(looks) > 1 else looks[0]
        return found[-1] if found else None

    inspect = SimpleNamespace(
        active_queues=active_queues,
        active=lambda: {name: state["active"]},
        reserved=lambda: {name: state["reserved"]},
    )
    connection = SimpleNamespace(default_channel=SimpleNamespace(client=SimpleNamespace(lindex=lindex)))
    app = SimpleNamespace(
        control=SimpleNamespace(inspect=lambda **_: inspect),
        connection_for_write=lambda: contextlib.nullcontext(connection),
    )
    monkeypatch.setattr(health, "celery_app", lambda: app)
    monkeypatch.setattr(health.health_queue, "IDLE_SECONDS", 0)
    monkeypatch.setattr(health, "SERVICE_SECONDS", 2.5)
    monkeypatch.setattr(health, "SERVERS", {"postgres": lambda: 1, "redis": lambda: 1})
    monkeypatch.setattr(health, "FINISHING", str(tmp_path / "finishing"))
    monkeypatch.setattr(health, "DOCKER", str(tmp_path / "docker.sock"))
    state["docker"] = Server(str(tmp_path / "docker.sock"), GOOD)
    return state


def test_a_worker_that_answers_is_healthy(worker: Any, said: Callable[..., str]) -> None:
    assert said("celery", "600") == ""
    worker["seconds"] = 1
    assert said("celery", "600") == ""


@pytest.mark.parametrize(
    ("state", "healthy"),
    [
        ({"messages": [[b"a"], []]}, True),
        # It has taken one, and another has come.
        ({"messages": [[b"b", b"a"], [b"c", b"b"]]}, True),
        # All its slots are taken, or it is about to start one.
        ({"messages": [[b"a"]], "active": [{"id": "1"}]}, True),
        ({"messages": [[b"a"]], "reserved": [{"id": "1"}]}, True),
        ({"messages": [[b"a"]]}, False),
        ({"messages": [[b"a"], [b"b", b"a"]]}, False),
    ],
)
def test_a_worker_that_takes_no_task(
    worker: Any, said: Callable[..., str], state: dict[str, Any], healthy: bool
) -> None:
    """Seen on Celery 5.2: the connection on which it waits for messages is gone, and it still answers."""
    worker.update(state)
    output = said("celery", "600")
    if healthy:
        assert output == ""
    else:
        assert output == f"queue: celery@{socket.gethostname()} is idle, but takes no task from default\n"


@pytest.mark.parametrize(
    ("queues", "output"),
    [
        (None, "hangs: celery@"),
        ({f"celery@{socket.gethostname()}": []}, "queue: celery@"),
        (ValueError("x"), "error: ValueError: x"),
    ],
)
def test_a_broken_worker(worker: Any, health: Any, said: Callable[..., str], queues: Any, output: str) -> None:
    worker["queues"] = queues
    assert said("celery", "600").startswith(output)
    # Without its broker, the worker is not to blame.
    health.SERVERS["redis"] = lambda: broken("LOADING Redis is loading the dataset").connect()
    assert said("celery", "600").startswith("away: redis: ConnectionError: LOADING")


def test_a_stale_socket_of_docker(worker: Any, health: Any, said: Callable[..., str], tmp_path: Path) -> None:
    """The engine has created another socket at this path; the mounted one has no listener any more."""
    worker["docker"].answer = b"HTTP/1.0 503 x\r\n"
    assert said("celery", "600").startswith("error: /_ping answered")
    stale = tmp_path / "stale.sock"
    with socket.socket(socket.AF_UNIX) as gone:
        gone.bind(str(stale))
    health.DOCKER = str(stale)
    assert said("celery", "600").startswith(f"socket: {stale}: ConnectionRefusedError")
    health.DOCKER = str(tmp_path / "missing.sock")
    assert said("celery", "600").startswith("socket: ")


def test_a_socket_that_the_worker_may_not_open(
    worker: Any, said: Callable[..., str], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert worker

    def refuse(*_: Any) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("socket.socket.connect", refuse)
    assert "site.yml gives the worker the socket's group" in said("celery", "600")


def test_a_worker_in_warm_shutdown(worker: Any, health: Any, said: Callable[..., str]) -> None:
    worker["queues"] = None
    Path(health.FINISHING).touch()
    assert said("celery", "600") == ""
    os.utime(health.FINISHING, (0, time.time() - 700))
    assert said("celery", "600").startswith("hangs: warm shutdown began 700 s ago")


def test_the_age_of_the_container_is_read_from_its_first_process(health: Any) -> None:
    uptime = float(Path("/proc/uptime").read_text().split()[0])
    assert 0 <= health.container_age() <= uptime
