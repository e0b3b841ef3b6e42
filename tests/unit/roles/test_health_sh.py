"""The health checks of Postgres and Redis, with stand-ins for their clients."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from tests.lab.names import REPO

PROGRAM = REPO / "roles" / "airflow_stack" / "files" / "health.sh"
FATAL = 'psql: error: connection to server at "postgres" (172.18.0.2), port 5432 failed: FATAL:  '


def check(here: Path, client: str, answer: str, code: int, *words: str, program: str = "") -> tuple[int, str]:
    """Run the check with a client that gives an answer; return exit code and output."""
    (here / client).write_text(f'#!/bin/sh\necho "$@" >{here}/argv\n{program}\ncat {here}/answer\nexit {code}\n')
    (here / client).chmod(0o755)
    (here / "answer").write_text(answer)
    (here / "password").write_text("secret")
    text = PROGRAM.read_text().replace("/run/secrets/postgres_password", str(here / "password"))
    text = text.replace("/run/secrets/redis_password", str(here / "password"))
    text = text.replace("SECONDS_FOR_AN_ANSWER=20", "SECONDS_FOR_AN_ANSWER=3")
    (here / "health.sh").write_text(text)
    run = subprocess.run(
        ["sh", str(here / "health.sh"), *words],
        capture_output=True,
        text=True,
        check=False,
        env={"PATH": f"{here}:{os.environ['PATH']}"},
    )
    assert "secret" not in (here / "argv").read_text()
    return run.returncode, run.stdout


@pytest.mark.parametrize(
    ("answer", "code", "kind"),
    [
        ("1\n", 0, ""),
        (f"{FATAL}the database system is starting up", 2, "recovering"),
        (f"{FATAL}the database system is not yet accepting connections\nDETAIL: x", 2, "recovering"),
        (f"{FATAL}the database system is in recovery mode", 2, "recovering"),
        (f"{FATAL}the database system is shutting down", 2, "recovering"),
        ("psql: error: ... failed: Connection refused\n\tIs the server running?", 2, "recovering"),
        (f'{FATAL}password authentication failed for user "airflow"', 2, "refused"),
        (f"{FATAL}no pg_hba.conf entry for host", 2, "refused"),
        ("psql: error: ... failed: timeout expired", 2, "hangs"),
        ("ERROR: could not extend file: No space left on device", 1, "disk"),
        (f'{FATAL}database "airflow" does not exist', 2, "error"),
        ("", 0, "error"),
    ],
)
def test_postgres(tmp_path: Path, answer: str, code: int, kind: str) -> None:
    status, said = check(tmp_path, "psql", answer, code, "postgres")
    assert (status, said.partition(": ")[0]) == (int(bool(kind)), kind)
    # One line: airflow-watch reads the last one.
    assert said.count("\n") <= 1


def test_a_postgres_without_a_free_connection_works(tmp_path: Path) -> None:
    status, said = check(tmp_path, "psql", f"{FATAL}sorry, too many clients already", 2, "postgres")
    assert (status, said.partition(": ")[0]) == (0, "busy")


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        ("PONG\n", ""),
        ("LOADING Redis is loading the dataset in memory\n", "recovering"),
        ("Could not connect to Redis at 127.0.0.1:6379: Connection refused\n", "recovering"),
        ("NOAUTH Authentication required.\n", "refused"),
        ("AUTH failed: WRONGPASS invalid username-password pair\nNOAUTH x\n", "refused"),
        ("MISCONF Errors writing to the AOF file: No space left on device\n", "disk"),
        ("", "error"),
    ],
)
def test_redis(tmp_path: Path, answer: str, kind: str) -> None:
    status, said = check(tmp_path, "redis-cli", answer, 0, "redis", "--tls", "--cacert", "/a b/ca.crt")
    assert (status, said.partition(": ")[0]) == (int(bool(kind)), kind)
    assert (tmp_path / "argv").read_text() == "--tls --cacert /a b/ca.crt ping\n"


def test_a_redis_that_runs_a_script_works(tmp_path: Path) -> None:
    assert check(tmp_path, "redis-cli", "BUSY Redis is busy running a script.\n", 0, "redis")[0] == 0


@pytest.mark.parametrize(("client", "answer", "service"), [("psql", "1", "postgres"), ("redis-cli", "PONG", "redis")])
def test_slow_servers_work_and_silent_ones_hang(tmp_path: Path, client: str, answer: str, service: str) -> None:
    assert check(tmp_path, client, f"{answer}\n", 0, service, program="sleep 1")[0] == 0
    status, said = check(tmp_path, client, f"{answer}\n", 0, service, program="exec sleep 30")
    assert (status, said.partition(": ")[0]) == (1, "hangs")
