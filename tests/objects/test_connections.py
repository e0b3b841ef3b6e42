"""Module airflow_connections on a real Airflow."""

from __future__ import annotations

import json
import subprocess
import time
from typing import TYPE_CHECKING, Any

import pytest
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.inside import connections as program

from tests.objects.replacing import replace_under_a_reader
from tests.objects.secrecy import play_in_secret
from tests.objects.stack import (
    MARKS,
    ODD,
    PROJECT,
    SERIES,
    Stack,
    changed,
    connections,
    failure,
    four_ways,
    play,
    summary,
    words,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

ODD_CONNECTIONS: list[dict[str, Any]] = [
    {"conn_id": "odd", "conn_type": "http", "extra": {ODD: ODD, "list": [1, 1.5, True, None, {"a": ODD}]}}
    | dict.fromkeys(("description", "host", "schema", "login", "password"), ODD),
    {"conn_id": MARKS, "conn_type": "http", "port": 0},
    {"conn_id": "-dash", "conn_type": "http", "port": 65535},
    {"conn_id": "--help", "conn_type": "http", "host": ""},
    {"conn_id": "large", "conn_type": "http", "extra": {"key": "x" * 100_000, "ключ": ["ü" * 10] * 1000}},
    {"conn_id": "longest", "conn_type": "http", "password": "p" * 3600, "host": "h" * 500},
    {"conn_id": "text", "conn_type": "http", "extra": '{"b": 1, "a": "{{ x }}"}'},
    {"conn_id": "null", "conn_type": "http", "host": None, "extra": None, "password": None},
    {"conn_id": "uri", "uri": "postgresql://us%20er:p%40ss@db.example.com:5433/news?sslmode=require&a=%7B%22b%22%7D"},
]


def one(stack: Stack, **fields: Any) -> dict[str, Any]:
    """Set the connection `c`, check that a second run changes nothing, and return the exported connection."""
    wanted = [{"conn_id": "c", "conn_type": "http", **fields}]
    assert changed(play(connections(wanted), connections(wanted, check=True)).results) == [True, False]
    return stack.exported()["c"]


def test_creates_what_is_hard_to_carry(stack: Stack) -> None:
    results = four_ways(ODD_CONNECTIONS)
    assert changed(results) == [True, True, False, False]
    assert summary(results[0]) == summary(results[1])
    assert [result["starts"] for result in results] == [1, 2, 1, 1]
    assert results[1]["created"] == [entry["conn_id"] for entry in ODD_CONNECTIONS]
    found = stack.exported()
    odd = found["odd"]
    assert {odd[name] for name in ("description", "host", "schema", "login", "password")} == {ODD}
    assert json.loads(odd["extra"]) == ODD_CONNECTIONS[0]["extra"]
    assert (found[MARKS]["port"], found["-dash"]["port"], found["--help"]["port"]) == (0, 65535, None)
    assert json.loads(found["large"]["extra"]) == ODD_CONNECTIONS[4]["extra"]
    assert found["longest"]["password"] == "p" * 3600
    assert found["null"] == dict.fromkeys(found["null"]) | {"conn_type": "http"}
    assert json.loads(found["uri"].pop("extra")) == {"sslmode": "require", "a": '{"b"}'}
    assert found["uri"] == {
        "conn_type": "postgres",
        "description": None,
        "login": "us er",
        "password": "p@ss",
        "host": "db.example.com",
        "port": 5433,
        "schema": "news",
    }


@pytest.mark.skipif(SERIES == "2.5", reason="Airflow 2.5 takes any id")
def test_an_id_that_airflow_does_not_take(stack: Stack) -> None:
    result = play(
        connections([{"conn_id": "a/b", "conn_type": "http"}, {"conn_id": "c", "conn_type": "http"}])
    ).results[0]
    assert result["failed"]
    assert "'a/b' does not exist (Could not import connection. The key 'a/b' has to be made of" in words(result["msg"])
    assert result["created"] == ["c"]
    assert list(stack.exported()) == ["c"]


def test_replaces_what_differs(stack: Stack) -> None:
    play(connections([{"conn_id": "c", "conn_type": "http", "password": "zero", "host": "h"}]))
    results = four_ways([{"conn_id": "c", "conn_type": "http", "password": "none", "port": 1}])
    assert changed(results) == [True, True, False, False]
    assert summary(results[0]) == summary(results[1])
    assert results[1]["updated"] == ["c"]
    assert one(stack, login="x") == dict.fromkeys(("description", "password", "host", "port", "schema", "extra")) | {
        "conn_type": "http",
        "login": "x",
    }


@pytest.mark.slow
def test_replaces_every_field(stack: Stack) -> None:
    assert one(stack, password="one", extra={"n": 1}, port=0, description="d", login="l")["password"] == "one"
    assert one(stack, password="two", extra={"n": 1}, port=0, description="d", login="l")["password"] == "two"
    assert one(stack, extra={"n": 1.0}, description="d")["extra"] == '{"n": 1.0}'
    assert one(stack, extra={"n": True}, description="d")["password"] is None
    assert one(stack, extra={"n": "1"}, port=1)["description"] is None


@pytest.mark.slow
def test_order_of_keys_and_the_way_it_is_written_make_no_difference(stack: Stack) -> None:
    fields = {"conn_type": "postgres", "login": "u", "password": "p@", "host": "h", "schema": "s", "port": 5}
    same: list[dict[str, Any]] = [
        # Texts, because Airflow 3 converts numbers in a URI and earlier releases do not.
        {**fields, "extra": {"a": "x", "b": "y"}},
        {**fields, "extra": {"b": "y", "a": "x"}, "description": ""},
        {**fields, "extra": ' {"b":"y","a":"x"} '},
        {"uri": "postgresql://u:p%40@h:5/s?b=y&a=x"},
    ]
    results = play(*(connections([{"conn_id": "c", **entry}]) for entry in [*same, *same])).results
    assert changed(results) == [True] + [False] * 7
    # Empty texts, which Airflow's form stores for empty fields, are no difference either.
    stack.sql("UPDATE connection SET description = ''")
    assert changed(play(connections([{"conn_id": "c", **same[0]}])).results) == [False]


@pytest.mark.slow
def test_deletes_and_purges(stack: Stack) -> None:
    kept = [{"conn_id": name, "conn_type": "http"} for name in ("one", "two", "three", "aws_1", "aws_2")]
    play(connections(kept))
    results = four_ways([{"conn_id": "two", "state": "absent"}, {"conn_id": "never", "state": "absent"}])
    assert changed(results) == [True, True, False, False]
    assert summary(results[0]) == summary(results[1])
    assert results[1]["deleted"] == ["two"]
    assert results[1]["unchanged"] == ["never"]
    results = four_ways([kept[0]], purge=True, purge_exclude=["aws_*"])
    assert changed(results) == [True, True, False, False]
    assert results[1]["deleted"] == ["three"]
    assert sorted(stack.exported()) == ["aws_1", "aws_2", "one"]
    results = four_ways([], purge=True)
    assert changed(results) == [True, True, False, False]
    assert stack.exported() == {}


@pytest.mark.usefixtures("stack")
def test_diff_shows_that_secrets_change_and_not_what_they_are() -> None:
    inner = {"t": "hidden-2", "same": "hidden-3", "ok": True, "n": 4711}
    old = {"conn_id": "c", "conn_type": "http", "host": "old", "password": "hidden-1", "extra": inner}
    new = {**old, "host": "new", "password": "hidden-4", "extra": {**inner, "t": "hidden-5", "ok": False}}
    play(connections([old]))
    diff = play(connections([new], check=True)).results[0]["diff"]
    secret = "(secret)"
    extra: dict[str, Any] = {"t": secret, "same": secret, "ok": True, "n": secret}
    assert diff["before"] == {"c": {"conn_type": "http", "host": "old", "password": secret, "extra": extra}}
    changes = "(secret, changes)"
    extra = {"t": changes, "same": secret, "ok": False, "n": secret}
    assert diff["after"] == {"c": {"conn_type": "http", "host": "new", "password": changes, "extra": extra}}


SECRETS = {
    "password": "find-me-password-\"'\n-x",
    "extra": "find-me-extra-\"'\n-x",
    "uri": "find-me-uri",
    "old": "find-me-old",
    "before": "find-me-before",
}


def test_no_secret_shows_anywhere(stack: Stack) -> None:
    old = {"conn_id": "c", "conn_type": "http", "password": SECRETS["before"], "extra": {"k": SECRETS["old"]}}
    new = {**old, "password": SECRETS["password"], "extra": {"token": SECRETS["extra"], "deep": [SECRETS["extra"]]}}
    by_uri = {"conn_id": "u", "uri": f"http://x:{SECRETS['uri']}@h"}
    broken = {**new, "conn_type": "no_such_type"}
    misspelt = {**new, "hostt": "x"}
    play(connections([old]))
    tasks = [connections([new, by_uri], check=True), connections([new, by_uri]), connections([new, by_uri])]
    tasks += [connections([broken]), connections([misspelt]), connections([{**new, "port": "x"}])]
    output = play_in_secret(stack, SECRETS.values(), *tasks, connections([], purge=True)).output
    assert output.count("failed=0") == 1
    assert "VALUE_SPECIFIED_IN_NO_LOG_PARAMETER" in output
    assert "(secret, changes)" in output
    assert "cli_connections_import" in stack.sql("SELECT event FROM log")


READER = """
from airflow.models import Connection
def read():
    c = Connection.get_connection_from_secrets("c")
    assert c.password == c.host and c.extra_dejson == {"k": c.host}, "torn"
    return c.host
"""


@pytest.mark.usefixtures("stack")
def test_a_connection_is_never_missing_while_it_is_replaced() -> None:
    def version(value: str) -> dict[str, Any]:
        entry = {"description": None, "schema": None, "login": None, "port": None, "conn_type": "http"}
        return {"c": {**entry, "host": value, "password": value, "extra": json.dumps({"k": value})}}

    play(connections([{"conn_id": "c", "conn_type": "http", "host": "v", "password": "v", "extra": {"k": "v"}}]))
    versions = [version(value) for value in [*(f"v{number}" for number in range(50)), "stop"]]
    replace_under_a_reader(READER, program, "connections", versions)


TRIGGER = """
CREATE FUNCTION meddle() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
  IF NEW.conn_id LIKE 'refused%' OR NEW.conn_id = 'db' THEN RAISE EXCEPTION 'not this one'; END IF;
  IF NEW.conn_id LIKE 'tampered%' THEN NEW.host := 'elsewhere'; NEW.password := NULL; END IF;
  RETURN NEW; END $$;
CREATE TRIGGER meddle BEFORE INSERT OR UPDATE ON connection FOR EACH ROW EXECUTE FUNCTION meddle();
"""


@pytest.fixture
def meddling(stack: Stack) -> Iterator[Stack]:
    stack.sql(TRIGGER)
    yield stack
    stack.sql("DROP TRIGGER meddle ON connection; DROP FUNCTION meddle")


def test_reports_what_airflow_does_not_take(meddling: Stack) -> None:
    # One refused id is the prefix of an accepted one.
    names = ("first", "db2", "db", "refused-1", "tampered", "last", "refused-2")
    wanted = [{"conn_id": name, "conn_type": "http", "host": "h", "password": f"find-me-{name}"} for name in names]
    result = play(connections(wanted)).results[0]
    assert result["failed"]
    assert result["changed"]
    reason = "does not exist (RaiseException: not this one)"
    refused = dict.fromkeys(("db", "refused-1", "refused-2"), reason)
    assert result["failed_objects"] == {**refused, "tampered": "differs in host, password"}
    assert result["created"] == ["first", "db2", "tampered", "last"]
    assert "'tampered' differs in host, password" in result["msg"]
    assert "find-me" not in json.dumps(result)
    assert sorted(meddling.exported()) == ["db2", "first", "last", "tampered"]


C = {"conn_id": "c", "conn_type": "http"}


def test_unknown_types_and_unreadable_uris_are_refused(stack: Stack) -> None:
    message = failure(connections([{**C, "conn_type": "postgress"}]))
    assert "'c': no installed provider knows conn_type 'postgress'" in message
    assert " postgres," in message
    assert changed(play(connections([{**C, "conn_type": "postgress"}], allow_unknown_types=True)).results) == [True]
    message = failure(connections([{**C, "port": 65536}, {"conn_id": "u", "uri": "nonsense"}, C, {"conn_id": "n"}]))
    for part in ("'c' is listed 2 times", "port 65536", "'u': uri is not valid", "'n': conn_type is missing"):
        assert part in message
    assert sorted(stack.exported()) == ["c"]


def test_no_airflow_runs(stack: Stack) -> None:
    wanted = [{**C, "password": "find-me"}, {"conn_id": "u", "uri": "http://a:find-me@h"}, {**C, "conn_id": "x"}]
    wanted[2]["state"] = "absent"
    task = connections(wanted, project="nobody")
    assert "compose project 'nobody' runs none of the services scheduler, dag-processor, webserver" in failure(task)
    result = play({**task, "check_mode": True}).results[0]
    assert (result["changed"], result["created"], result["unchanged"]) == (True, ["c", "u"], ["x"])
    assert "Airflow is not running yet" in result["warnings"][0]
    assert "find-me" not in json.dumps(result)
    assert stack.exported() == {}
    assert "no container named 'nobody' is running" in failure(connections([C], container="nobody"))
    # The Postgres container has no Airflow, and possibly no Python.
    assert f"{PROJECT}-postgres-1" in failure(connections([C], container=f"{PROJECT}-postgres-1"))


@pytest.mark.slow
def test_the_database_is_not_as_it_should_be(stack: Stack) -> None:
    play(connections([{**C, "password": "x"}]))
    stack.idle("empty", AIRFLOW__DATABASE__SQL_ALCHEMY_CONN=stack.database("empty"))
    stack.idle(
        "nowhere", AIRFLOW__DATABASE__SQL_ALCHEMY_CONN=stack.database("airflow").replace("@postgres", "@nowhere")
    )
    stack.idle("otherkey", AIRFLOW__CORE__FERNET_KEY="MTIzNDU2Nzg5MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTI=")
    message = failure(connections([C], services=["empty"]))
    assert "its migrations are still running, or never ran" in message
    message = failure(connections([C], services=["nowhere"]))
    assert "metadata database does not answer" in message
    assert stack.password not in message
    message = failure(connections([C], services=["otherkey"]))
    assert "cannot decrypt c, encrypted with another Fernet key" in message
    lock = "BEGIN; LOCK TABLE connection; SELECT pg_sleep(20)"
    with subprocess.Popen(["docker", "exec", f"{PROJECT}-postgres-1", "psql", "-U", "airflow", "-c", lock]) as locker:
        time.sleep(1)
        started = time.monotonic()
        assert "Airflow did not finish within 8 seconds" in failure(connections([C], timeout=8))
        assert time.monotonic() - started < 18
        stack.sql("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query LIKE 'BEGIN; LOCK%'")
        locker.wait()


@pytest.mark.slow
def test_any_number_takes_one_start_or_two(stack: Stack) -> None:
    wanted = [
        {"conn_id": f"c{n}", "conn_type": "http", "host": "h", "password": f"password-{n}", "extra": {"n": n}}
        for n in range(500)
    ]
    other = [{**wanted[0], "host": "other"}, *wanted[1:]]
    for name, task, starts in (
        ("create 500", connections(wanted), 2),
        ("nothing to do", connections(wanted), 1),
        ("change one", connections(other), 2),
        ("change 500", connections([{**entry, "host": "x"} for entry in wanted]), 2),
        ("delete 500", connections([], purge=True), 2),
    ):
        started = time.monotonic()
        result = play(task).results[0]
        print(f"{name}: {time.monotonic() - started:.1f} s with Ansible")
        assert changed([result]) == [starts == 2]
        assert result["starts"] == starts
    assert stack.exported() == {}
