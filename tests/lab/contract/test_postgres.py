"""Contract of library/postgres:15. DOC is the image's documentation (docker-library/docs, postgres), ENT its
docker-entrypoint.sh and DF its Dockerfile.
"""

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.lab.contract.containers import POSTGRES, config, must, run, running, until

LISTENS = "#!/bin/bash\npg_isready --host 127.0.0.1 && echo open > /tmp/during || echo closed > /tmp/during\n"
ASK = ("psql", "--no-psqlrc", "--tuples-only", "--no-align", "--username", "news", "--dbname", "links", "--command")


@pytest.fixture(scope="module")
def server(network: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Run a server with every documented option for the first start."""
    files = tmp_path_factory.mktemp("first-start")
    (files / "10-table.sql").write_text("CREATE TABLE seen (word text); INSERT INTO seen VALUES ('once');\n")
    script = files / "20-listens.sh"
    script.write_text(LISTENS)
    script.chmod(0o755)
    secret = files / "password"
    secret.write_text("from a file\n")
    secret.chmod(0o644)
    files.chmod(0o755)
    options = ["--network", network, "--network-alias", "server", "--volume", f"{secret}:/run/password:ro"]
    for path in (files / "10-table.sql", script):
        options += ["--volume", f"{path}:/docker-entrypoint-initdb.d/{path.name}:ro"]
    settings = {"POSTGRES_USER": "news", "POSTGRES_DB": "links", "POSTGRES_PASSWORD_FILE": "/run/password"}
    with running(POSTGRES, "postgres", "-c", "max_connections=77", options=tuple(options), env=settings) as name:
        until(name, "pg_isready", "--host", "server", "--username", "news")
        yield name


def from_elsewhere(network: str, password: str) -> tuple[int, str]:
    done = run(
        POSTGRES, *ASK, "SELECT 1", "--host", "server", options=("--network", network), env={"PGPASSWORD": password}
    )
    return done.code, done.output


def test_the_configuration_is_the_official_one() -> None:
    found = config(POSTGRES)
    assert found["Entrypoint"] == ["docker-entrypoint.sh"]  # DF
    assert found["Cmd"] == ["postgres"]  # DF
    assert found["StopSignal"] == "SIGINT"  # DF: "fast shutdown"
    assert list(found["Volumes"]) == ["/var/lib/postgresql/data"]  # DF
    assert found["Env"]["PGDATA"] == "/var/lib/postgresql/data"  # DF
    assert found["Env"]["PATH"].endswith(":/usr/lib/postgresql/15/bin")  # DF


def test_user_database_and_arguments_are_as_asked(server: str) -> None:
    query = "SELECT current_user, current_database(), rolsuper FROM pg_roles WHERE rolname = current_user"
    assert must("exec", server, *ASK, query) == "news|links|t"  # DOC: POSTGRES_USER is a superuser, POSTGRES_DB exists
    assert (
        must("exec", server, *ASK, "SHOW max_connections") == "77"
    )  # DOC, "Database Configuration": -c on the command
    sorting = "SELECT datcollate FROM pg_database WHERE datname = 'links'"
    assert must("exec", server, *ASK, sorting) == "en_US.utf8"  # DF: ENV LANG en_US.utf8


def test_only_the_password_lets_in_from_elsewhere(network: str, server: str) -> None:
    assert from_elsewhere(network, "from a file") == (0, "1")  # DOC: POSTGRES_PASSWORD_FILE
    code, output = from_elsewhere(network, "wrong")
    assert code != 0
    assert "password authentication failed" in output  # ENT: host all all all scram-sha-256
    rules = must("exec", server, "cat", "/var/lib/postgresql/data/pg_hba.conf").strip().splitlines()
    assert rules[-1] == "host all all all scram-sha-256"  # ENT: pg_setup_hba_conf
    # ENT: initdb without --auth trusts the socket and the container's loopback interface.
    assert must("exec", server, *ASK, "SELECT 1", "--host", "127.0.0.1") == "1"


def test_the_server_is_postgres_with_its_own_files(server: str) -> None:
    assert must("exec", server, "stat", "-c", "%u %g", "/proc/1") == "999 999"  # DF: ids; ENT: gosu postgres
    place = "/var/lib/postgresql/data"
    assert must("exec", server, "stat", "-c", "%u %a", place) == "999 700"  # ENT: docker_create_db_directories


def test_the_first_start_is_hidden_and_happens_once(server: str) -> None:
    assert must("exec", server, "cat", "/tmp/during") == "closed"  # ENT: docker_temp_server_start, socket only
    began = time.monotonic()
    must("stop", "--time", "30", server)
    assert time.monotonic() - began < 8  # DF: STOPSIGNAL SIGINT does not wait for clients
    assert must("inspect", "--format", "{{.State.ExitCode}}", server) == "0"
    must("start", server)
    until(server, "pg_isready", "--host", "server", "--username", "news")
    assert must("exec", server, *ASK, "SELECT word FROM seen") == "once"  # DOC: scripts need an empty directory
    assert "Skipping initialization" in must("logs", server)  # ENT


def test_a_server_without_a_password_does_not_start() -> None:
    done = run(POSTGRES)
    assert done.code == 1  # ENT: docker_verify_minimum_env
    assert "POSTGRES_PASSWORD" in done.output


def test_a_password_in_two_places_is_an_error(tmp_path: Path) -> None:
    secret = tmp_path / "password"
    secret.write_text("x")
    done = run(
        POSTGRES,
        options=("--volume", f"{secret}:/run/password:ro"),
        env={"POSTGRES_PASSWORD": "x", "POSTGRES_PASSWORD_FILE": "/run/password"},
    )
    assert done.code == 1  # ENT: file_env
    assert "exclusive" in done.output


def test_other_commands_are_run_as_they_are() -> None:
    assert "15." in run(POSTGRES, "postgres", "--version").output  # ENT: _pg_want_help
    assert run(POSTGRES, "id", "-u").output == "0"  # ENT: only the command postgres drops root


def test_it_has_the_languages_that_a_server_may_be_set_to() -> None:
    # DF removes the slim images' exclusion of /usr/share/locale.
    speak = "localedef -i de_DE -f UTF-8 de_DE.utf8 && LC_ALL=de_DE.utf8 postgres"
    assert "darf nicht als »root« ausgeführt werden" in run(POSTGRES, "bash", "-c", speak).output
