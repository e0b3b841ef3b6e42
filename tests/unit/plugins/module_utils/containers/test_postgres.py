"""Copies between two servers of Postgres, as far as no server is needed; scenario postgres has real ones."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.containers import postgres
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.containers.docker_command import DockerError
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.containers.postgres import PostgresError
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.containers.postgres_servers import Wanted
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.containers.postgres_upgrade import Upgrade

# Arguments in front of a program; errors name the program's container, the fourth one.
EXEC = ["sh", "-c", 'shift 2; exec "$@"', "airflow-postgres-1", "-", "-"]


def test_a_line_is_left_out_and_bytes_stay(tmp_path: Path) -> None:
    source = tmp_path / "dump"
    source.write_bytes(b"CREATE ROLE airflow;\n\\x00\xff\nCREATE ROLE airflow_two;\n  CREATE ROLE airflow;\n")
    target = tmp_path / "loaded"
    write = [*EXEC, "sh", "-c", f"cat > {target}"]
    postgres.pipe([*EXEC, "cat", str(source)], write, without=b"CREATE ROLE airflow;\n")
    assert target.read_bytes() == b"\\x00\xff\nCREATE ROLE airflow_two;\n  CREATE ROLE airflow;\n"
    postgres.pipe([*EXEC, "cat", str(source)], write)
    assert target.read_bytes() == source.read_bytes()


@pytest.mark.parametrize(
    ("first", "second", "words"),
    [
        ("echo a; echo 'pg_dump: error: disk' >&2; exit 1", "cat", "airflow-postgres-1: pg_dump: error: disk"),
        ("yes", "echo 'psql: error: full' >&2; exit 3", "airflow-postgres-1: psql: error: full"),
        ("true", "exit 137", "it failed without a message"),
    ],
)
def test_each_program_that_fails_is_reported(first: str, second: str, words: str) -> None:
    with pytest.raises(PostgresError, match=words):
        postgres.pipe([*EXEC, "sh", "-c", first], [*EXEC, "sh", "-c", second])


class Volumes:
    """Docker with volumes that are directories, and with one container."""

    path = "docker"

    def __init__(self, root: Path, state: str = "running", **volumes: str) -> None:
        self.root, self.container = root, state
        self.driver: dict[str, Any] = {"Driver": "local", "Options": None}
        for name, version in volumes.items():
            Path(self.run("volume", "create", name))
            if version:
                (root / name / "_data" / "PG_VERSION").write_text(f"{version}\n")

    def run(self, *words: str) -> str:
        """Create a volume, or do nothing."""
        if words[:2] == ("volume", "create"):
            (self.root / words[2] / "_data").mkdir(parents=True)
        return words[-1]

    def volume(self, name: str) -> dict[str, Any] | None:
        """Return a volume."""
        place = self.root / name
        return {**self.driver, "Mountpoint": str(place / "_data")} if place.exists() else None

    def directory(self, volume: str) -> str:
        """Return the directory of a volume."""
        return str(self.root / volume / "_data")

    def state(self, _container: str) -> str:
        """Return the state of the container."""
        return self.container

    def remove(self, _container: str) -> None:
        """Remove the container."""
        self.container = ""

    def remove_volume(self, name: str) -> None:
        """Remove a volume."""
        shutil.rmtree(self.root / name, ignore_errors=True)

    def logs(self, _container: str) -> str:
        """Return what a container wrote."""
        return "FATAL: no space left on device"


WANTED = Wanted("airflow-postgres-1", "data", "postgres:17", "17", "/dev/null", 1)


def upgrade(docker: Any) -> Upgrade:
    return Upgrade(docker, WANTED, lambda _: None)


def test_the_volumes_are_exchanged(tmp_path: Path) -> None:
    docker = Volumes(tmp_path, data="15", data_new="17")
    one = upgrade(docker)
    one.kept = "data_15_kept"
    one._exchange()
    found = {path.parent.parent.name: path.read_text().strip() for path in tmp_path.glob("*/_data/PG_VERSION")}
    assert found == {"data": "17", "data_15_kept": "15"}


def test_an_exchange_that_was_interrupted_is_completed(tmp_path: Path) -> None:
    docker = Volumes(tmp_path, state="exited", data="", data_new="17", data_15_kept="15", data_socket="")
    (tmp_path / "data" / "_data").rmdir()
    assert upgrade(docker).is_between()
    upgrade(docker).run()
    assert (tmp_path / "data" / "_data" / "PG_VERSION").read_text() == "17\n"
    assert not (tmp_path / "data_socket").exists()
    # Docker expects the directory of a volume that it removes.
    assert list((tmp_path / "data_new" / "_data").iterdir()) == []


@pytest.mark.parametrize(
    ("volumes", "between"),
    [
        ({"data": "15", "data_new": "17"}, False),
        ({"data": "", "data_new": "15"}, False),
        ({"data": "", "data_new": "17"}, True),
        ({"data_new": "17"}, False),
    ],
)
def test_between_the_renames(tmp_path: Path, volumes: dict[str, str], between: bool) -> None:
    assert upgrade(Volumes(tmp_path, **volumes)).is_between() == between


@pytest.mark.parametrize(
    ("version", "state", "driver", "words"),
    [
        ("", "running", {}, "the volume data has no data"),
        ("18", "running", {}, "the data are of Postgres 18, and Postgres 17 cannot load a dump of it"),
        ("15", "", {}, "run site.yml with an image of Postgres 15 first"),
        ("15", "running", {"Driver": "nfs"}, "driver nfs and the options none"),
        ("15", "running", {"Options": {"device": "/srv"}}, "{'device': '/srv'}"),
    ],
)
def test_what_makes_an_upgrade_impossible(
    tmp_path: Path, version: str, state: str, driver: dict[str, Any], words: str
) -> None:
    docker = Volumes(tmp_path, state=state, data=version)
    docker.driver |= driver
    (problem,) = upgrade(docker).problems()
    assert words in problem


def test_a_stopped_server_is_not_asked(tmp_path: Path) -> None:
    assert upgrade(Volumes(tmp_path, state="exited", data="15")).problems() == []


def test_a_server_that_ends_is_not_waited_for(tmp_path: Path) -> None:
    """Its last words are the error. Nothing of the copy stays."""
    docker = Volumes(tmp_path, state="exited", data="15", data_new="")
    with pytest.raises(PostgresError, match="does not start: FATAL: no space left on device"):
        upgrade(docker).run()
    assert not (tmp_path / "data_new").exists()
    assert (tmp_path / "data" / "_data" / "PG_VERSION").read_text() == "15\n"


def test_a_directory_that_cannot_be_renamed(tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "volumes" / "data").mkdir(parents=True)
    (tmp_path / "volumes" / "data" / "_data").symlink_to(tmp_path / "elsewhere")
    assert postgres.is_apart(str(tmp_path / "volumes" / "data" / "_data"))
    (tmp_path / "volumes" / "other" / "_data").mkdir(parents=True)
    assert not postgres.is_apart(str(tmp_path / "volumes" / "other" / "_data"))
    assert not postgres.is_apart(str(tmp_path / "volumes" / "missing" / "_data"))
    assert postgres.is_apart("/proc/self")


def test_the_size_of_a_leftover(tmp_path: Path) -> None:
    (tmp_path / "base").mkdir()
    (tmp_path / "base" / "1").write_bytes(b"x" * 100_000)
    assert 100_000 <= postgres.used(str(tmp_path)) < 200_000
    assert postgres.used(str(tmp_path / "missing")) == 0


class Busy(Volumes):
    """Docker that does not remove containers, as while its daemon restarts."""

    def __init__(self, root: Path, **volumes: str) -> None:
        self.started: list[str] = []
        super().__init__(root, **volumes)

    def run(self, *words: str) -> str:
        """Note what is started."""
        self.started += words[1:] if words[0] == "start" else ()
        return super().run(*words)

    def remove(self, _container: str) -> None:
        """Fail."""
        raise DockerError("docker rm: Cannot connect to the Docker daemon")


def test_nothing_starts_while_another_server_may_use_the_data(tmp_path: Path) -> None:
    """The cause is reported, and what could not be cleaned up."""
    docker = Busy(tmp_path, data="15", data_new="17", data_socket="")
    left = upgrade(docker).recover()
    assert left == ["docker rm: Cannot connect to the Docker daemon"] * 2
    assert docker.started == []
    # The steps after the failed ones were done.
    assert not (tmp_path / "data_new").exists()
    assert not (tmp_path / "data_socket").exists()


def test_recovery_starts_the_old_server_and_keeps_half_exchanged_data(tmp_path: Path) -> None:
    docker = Busy(tmp_path, data="15", data_new="17")
    docker.remove = lambda _container: None  # type: ignore[method-assign]
    assert upgrade(docker).leftovers()
    assert upgrade(docker).recover() == []
    assert docker.started == ["airflow-postgres-1"]
    assert not (tmp_path / "data_new").exists()
    between = Busy(tmp_path / "between", data="", data_new="17")
    between.remove = lambda _container: None  # type: ignore[method-assign]
    assert upgrade(between).recover() == []
    assert between.started == []
    assert (tmp_path / "between" / "data_new").exists()


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("ERROR:  type x does not exist\nLINE 1: SELECT md5...\n    ^\n", "ERROR:  type x does not exist"),
        ("pg_dump: error: query failed\npg_dump: detail: Query was: SELECT\n", "pg_dump: error: query failed"),
        ("something else\nlast words\n", "last words"),
        ("\n", "it failed without a message"),
    ],
)
def test_the_error_is_the_line_that_says_it(text: str, found: str) -> None:
    assert postgres._last(text) == found
