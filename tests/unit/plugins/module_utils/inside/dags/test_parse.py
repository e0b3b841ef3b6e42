"""Facts read from Airflow's errors, and what a parsing process must not do; without Airflow."""

from __future__ import annotations

import json
from types import SimpleNamespace
from typing import Any
from urllib.parse import quote, quote_plus

import pytest
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.inside.dags.client import Variables
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.inside.dags.errors import (
    check_stored,
    error_facts,
    place_of,
    shown,
)
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.inside.dags.supervised import ending, wait
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.inside.masks import hide

NESTED = """Traceback (most recent call last):
  File "/d/news.py", line 3, in <module>
    import lib
  File "/d/lib/سلام.py", line 5, in f
    raise Error("a")
  File "/usr/lib/x.py", line 7, in g
    h()
Error: first line
  second line
third line
"""
SYNTAX = """Traceback (most recent call last):
  File "<frozen importlib._bootstrap_external>", line 846, in exec_module
  File "/d/news.py", line 3
    def (
        ^
SyntaxError: invalid syntax
"""


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (NESTED, ("Error: first line", "lib/سلام.py", 5, False)),
        (SYNTAX, ("SyntaxError: invalid syntax", "news.py", 3, False)),
        (
            "Cycle detected in DAG: x. Faulty task: y\n",
            ("Cycle detected in DAG: x. Faulty task: y", "news.py", None, False),
        ),
        ("", ("", "news.py", None, False)),
        (
            NESTED.replace("Error: first", "airflow.exceptions.AirflowTaskTimeout: DagBag import timeout for first"),
            ("airflow.exceptions.AirflowTaskTimeout: DagBag import timeout for first line", "lib/سلام.py", 5, True),
        ),
    ],
)
def test_facts_of_an_error(text: str, expected: tuple[Any, ...]) -> None:
    facts = error_facts("/d/news.py", text, "/d")
    assert (facts["text"], facts["file"], facts["line"], facts["timeout"]) == expected


def test_secrets_are_masked() -> None:
    assert hide(["pass", "password"], "my password and pass") == "my *** and ***"
    secret = "S3/p@ss w'\"\\ü"
    for form in (quote(secret), quote(secret, safe=""), quote_plus(secret), repr([secret]), json.dumps([secret])):
        assert "S3" not in hide([secret], f"before {form} after")


def test_a_message_is_short_and_has_no_terminal_codes() -> None:
    assert shown("a\x1b[31m\u202eb\n") == "a [31m b"
    assert len(shown("x" * 3_000_000)) < 1100


@pytest.mark.parametrize("bad", [float("nan"), float("-inf"), "a\x00b", "\\\x00"])
def test_values_that_postgres_cannot_store_are_refused(bad: Any) -> None:
    with pytest.raises(ValueError, match=r"NUL|JSON"):
        check_stored({"dag": {"value": [bad]}})


@pytest.mark.parametrize("good", [1.5, "NaN", "Infinity", "a\\u0000b", "ü"])
def test_similar_values_are_accepted(good: Any) -> None:
    check_stored({"dag": {"value": [good]}})


READ_ONLY = """Traceback (most recent call last):
  File "/d/news.py", line 3, in <module>
    Variable.set("a", "b")
sqlalchemy.exc.InternalError: (psycopg2.errors.ReadOnlySqlTransaction) cannot execute INSERT in a read-only transaction

[SQL: INSERT INTO variable VALUES (%(val)s)]
[parameters: {'val': 'find-me'}]
"""


def test_a_write_is_a_separate_error_that_shows_no_value() -> None:
    facts = error_facts("/d/news.py", READ_ONLY, "/d")
    assert (facts["kind"], facts["line"]) == ("write", 3)
    assert facts["text"].endswith("cannot execute INSERT in a read-only transaction")
    assert "find-me" not in str(facts)
    assert error_facts("/d/news.py", NESTED, "/d", "serialization")["kind"] == "serialization"


def test_variables_are_read_only() -> None:
    variables = Variables(SimpleNamespace(get=lambda key: key * 2))
    assert variables.get("a") == "aa"
    # The error class belongs to Airflow, which is not installed here.
    with pytest.raises(ModuleNotFoundError):
        variables.set("a", "b")
    with pytest.raises(ModuleNotFoundError):
        variables.delete("a")


def test_the_end_of_a_process_is_described() -> None:
    assert ending(-11) == "killed by SIGSEGV"
    assert ending(4) == "os._exit or C code with exit code 4"


def test_the_place_of_a_dag() -> None:
    dags = [{"dag_id": "a", "line": 3}, {"dag_id": "b", "line": None}]
    assert place_of("a", dags) == {"dag_id": "a", "line": 3}
    assert place_of("c", dags) == {"dag_id": "c", "line": None}


class Manager:
    """Stand in for Airflow's: the process ends, or its sockets close, after some polls."""

    def __init__(self, *, ends: int, closes: int, result: Any = None) -> None:
        self.looks, self.ends, self.closes = 0, ends, closes
        self.parsing_result = result

    @property
    def _exit_code(self) -> int | None:
        return 0 if self.looks >= self.ends else None

    @property
    def is_ready(self) -> bool:
        return self.looks >= max(self.ends, self.closes)

    def _service_processor_sockets(self, timeout: float) -> None:
        assert timeout < 1
        self.looks += 1


@pytest.mark.parametrize(
    ("manager", "looks"),
    [
        (Manager(ends=3, closes=3), 3),
        (Manager(ends=3, closes=5), 5),
        # A process that the file left behind keeps the sockets open.
        (Manager(ends=3, closes=10**9, result="there"), 3),
    ],
)
def test_a_process_is_served_until_it_ends(manager: Manager, looks: int) -> None:
    wait(manager, manager)
    assert manager.looks == looks
