"""Module airflow_encryption on a real Airflow."""

from __future__ import annotations

import json
from typing import Any

import pytest
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.inside.encryption import count_query

from tests.lab import docker
from tests.objects.stack import ODD, PROJECT, ROW, SCHEDULER, Result, Stack, changed, play, words

SECRETS = [f"planted-secret-{number}" for number in range(5)]
MANY = 10_000
PLANT = """
import json, sys
from airflow.models import Connection, Trigger, Variable
from airflow.utils.session import create_session
planted = json.loads(sys.argv[1])
with create_session() as session:
    session.query(Trigger).delete()
    session.add_all(Connection(conn_id=name, **fields) for name, fields in planted["connections"].items())
    session.add_all(Variable(key=key, val=value) for key, value in planted["variables"].items())
    if planted["trigger"]:
        session.add(Trigger("a.B", {"secret": "SECRET"}))
""".replace("SECRET", SECRETS[4])


def encryption(*, check: bool = False, **options: Any) -> dict[str, Any]:
    """Task that calls the module like role airflow_stack does."""
    arguments = {"project": PROJECT, "tables": ROW["encrypted"], **options}
    return {"name": "Encrypt", "ansible_airflow.airflow.airflow_encryption": arguments, "check_mode": check}


def plant(stack: Stack) -> None:
    """Insert secrets in plain text, as Airflow without a Fernet key stores them, and other rows."""
    planted = {
        "connections": {
            "whole": {"uri": f"postgres://me:{SECRETS[0]}@db.example.com/news?token={SECRETS[1]}"},
            "extra": {"conn_type": "http", "extra": json.dumps({"token": SECRETS[2], "odd": ODD})},
            "bare": {"conn_type": "http"},
        },
        "variables": {"plain": SECRETS[3] + ODD, "empty": ""},
        "trigger": "trigger" in ROW["encrypted"],
    }
    keyless = ("exec", "-e", "AIRFLOW__CORE__FERNET_KEY=", SCHEDULER)
    docker.docker(*keyless, "python", "-W", "ignore", "-c", PLANT, json.dumps(planted))
    # Encrypted with an unknown key.
    stack.sql("INSERT INTO variable (key, val, is_encrypted) VALUES ('foreign', 'gAAAAABforeign', true)")


def left(stack: Stack) -> dict[str, int]:
    """Number of rows with plain text by table, as the role counts them."""
    answer = stack.sql(count_query(ROW["encrypted"]))
    return {name: int(count) for name, _, count in (line.partition("|") for line in answer.splitlines())}


def test_plain_text_is_encrypted_once(stack: Stack) -> None:
    plant(stack)
    rows = {"connection": 2, "connection_test_request": 0, "variable": 1, "trigger": 1}
    before = {table: rows[table] for table in ROW["encrypted"]}
    assert left(stack) == before
    played = play(*(encryption(check=check) for check in (True, False, True, False)))
    assert changed(played.results) == [True, True, False, False]
    assert [result["rows"] for result in played.results[:2]] == [before, before]
    assert set(left(stack).values()) == {0}
    held = stack.sql("SELECT password, extra FROM connection; SELECT val FROM variable; SELECT kwargs FROM trigger")
    assert not [secret for secret in SECRETS if secret in held + played.output]
    # Values encrypted with another key, and empty values, stay unchanged.
    assert "gAAAAABforeign" in held
    assert stack.sql("SELECT password, extra FROM connection WHERE conn_id = 'bare'").strip() == "|"
    (warning,) = played.results[1]["warnings"]
    assert "2 in table connection (extra, whole)" in words(warning)
    assert "1 in table variable (plain)" in words(warning)


def test_airflow_reads_what_was_encrypted(stack: Stack) -> None:
    plant(stack)
    stack.sql("DELETE FROM variable WHERE key = 'foreign'")
    connections, variables = stack.exported(), stack.variables()
    assert changed(play(encryption()).results) == [True]
    assert stack.exported() == connections
    assert stack.variables() == variables
    assert connections["whole"]["password"] == SECRETS[0]
    assert variables["plain"] == SECRETS[3] + ODD


@pytest.mark.slow
def test_many_rows(stack: Stack) -> None:
    numbers = f"generate_series(1, {MANY}) AS n"
    stack.sql(f"INSERT INTO variable (key, val, is_encrypted) SELECT 'k' || n, 'secret' || n, false FROM {numbers}")  # noqa: S608
    result: Result = play(encryption()).results[0]
    assert result["rows"]["variable"] == MANY
    assert len(result["names"]["variable"]) == 20
    assert set(left(stack).values()) == {0}


def test_a_container_without_a_key_encrypts_nothing(stack: Stack) -> None:
    plant(stack)
    stack.idle("keyless", AIRFLOW__CORE__FERNET_KEY="")
    try:
        checked, failed = play(*(encryption(check=check, services=["keyless"]) for check in (True, False))).results
        assert checked["rows"]["connection"] == 2
        assert failed["failed"]
        assert "this container has no Fernet key" in words(failed["msg"])
    finally:
        docker.docker("rm", "--force", f"{PROJECT}-keyless-1")
    assert SECRETS[0] in stack.sql("SELECT password FROM connection")
