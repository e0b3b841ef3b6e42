"""State that a host reports, with real sockets and files."""

import contextlib
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.host.state import (
    answers,
    digests,
    images,
    silent_servers,
    unreachable,
)


@pytest.fixture
def listening() -> Iterator[int]:
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


@pytest.fixture
def closed() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port: int = server.getsockname()[1]
    return port


def test_a_refused_connection_counts_as_an_answer(listening: int, closed: int) -> None:
    assert answers("127.0.0.1", listening)
    assert answers("127.0.0.1", closed)


def test_a_server_must_accept_the_connection(listening: int, closed: int) -> None:
    servers = [f"127.0.0.1:{listening}", f"127.0.0.1:{closed}", "no.such.invalid:5432"]
    assert silent_servers(servers) == servers[1:]


@pytest.fixture
def silent() -> Iterator[tuple[str, int]]:
    """An address and port that do not answer: a server whose backlog is full and that accepts no connection."""
    with contextlib.ExitStack() as stack:
        server = stack.enter_context(socket.create_server(("127.0.0.2", 0), backlog=0))
        place: tuple[str, int] = server.getsockname()
        for _ in range(3):
            client = stack.enter_context(socket.socket())
            client.setblocking(False)
            client.connect_ex(place)
        yield place


def test_an_address_that_answers_on_no_port_is_named(listening: int, silent: tuple[str, int]) -> None:
    address, port = silent
    assert unreachable({"127.0.0.1": [listening, 1], address: [port]}, seconds=0.3) == [address]
    assert unreachable({}) == []


def test_digests_of_the_existing_secrets(tmp_path: Path) -> None:
    (tmp_path / "fernet_key").write_text("a")
    found = digests(str(tmp_path), ["fernet_key", "webserver_secret_key"])
    assert list(found) == ["fernet_key"]
    assert found["fernet_key"].startswith("ca978112")


def test_the_line_break_of_an_editor_does_not_count(tmp_path: Path) -> None:
    (tmp_path / "redis_password").write_text("secret\n")
    (tmp_path / "other").write_text("secret")
    found = digests(str(tmp_path), ["redis_password", "other"])
    assert found["redis_password"] == found["other"]


def test_images_by_service() -> None:
    answers_of_docker = {
        "ps": "1\n2\n",
        "inspect": "worker\tapache/airflow:3.3.2\npostgres\tpostgres:15\n",
    }
    assert images(lambda argv: (0, answers_of_docker[argv[1]], ""), "docker", "airflow") == {
        "worker": "apache/airflow:3.3.2",
        "postgres": "postgres:15",
    }
    assert images(lambda _: (1, "", "Cannot connect to the Docker daemon"), "docker", "airflow") == {}
