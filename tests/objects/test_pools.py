"""Module airflow_pools on a real Airflow."""

from __future__ import annotations

import json
from functools import partial
from typing import TYPE_CHECKING, Any

import pytest
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.inside import pools as program

from tests.lab.names import V3
from tests.objects.replacing import replace_under_a_reader
from tests.objects.stack import ODD, PROJECT, SERIES, Stack, changed, failure, four_ways, play, summary, task

if TYPE_CHECKING:
    from collections.abc import Iterator

pools = partial(task, "pools")

COLUMNS = "SELECT json_object_agg(pool, json_build_array(slots, description)) FROM slot_pool"
# Additional key of each pool in releases from 2.7 on.
DEFERRED = {} if SERIES == "2.5" else {"include_deferred": False}
DEFAULT = {"default_pool": [128, "Default pool"]}


def stored(stack: Stack) -> dict[str, Any]:
    """Slots and description of each pool by name."""
    found: dict[str, Any] = json.loads(stack.sql(COLUMNS))
    return found


def hold(stack: Stack, **slots: int) -> None:
    """Insert pools with these numbers of slots and the description `d`."""
    more, value = ("", "") if SERIES == "2.5" else (", include_deferred", ", false")
    rows = ", ".join(f"('{name}', {number}, 'd'{value})" for name, number in slots.items())
    stack.sql(f"INSERT INTO slot_pool (pool, slots, description{more}) VALUES {rows}")  # noqa: S608 - our own texts


# Names and values that need correct quoting, and limits.
ODD_POOLS: list[dict[str, Any]] = [
    {"name": ODD, "slots": 1, "description": ODD},
    {"name": "--help", "slots": -1},
    {"name": "n" * 256, "slots": 2**31 - 1, "description": "d" * 10_000},
    {"name": "سلام", "slots": 0, "description": ""},
    {"name": " spaces ", "slots": "7", "include_deferred": False},
]


def test_creates_changes_deletes_and_purges(stack: Stack) -> None:
    hold(stack, **dict.fromkeys(("same", "slots", "description", "emptied", "absent", "purged", "team_1"), 1))
    wanted: list[dict[str, Any]] = [
        *ODD_POOLS,
        {"name": "same", "slots": 1, "description": "d"},
        {"name": "slots", "slots": 2, "description": "d"},
        {"name": "description", "slots": 1, "description": "e"},
        {"name": "emptied", "slots": 1},
        {"name": "absent", "state": "absent"},
        {"name": "never", "state": "absent"},
    ]
    results = four_ways(wanted, "pools", purge=True, purge_exclude=["team_*"])
    assert changed(results) == [True, True, False, False]
    assert summary(results[0]) == summary(results[1])
    assert [result["starts"] for result in results] == [1, 2, 1, 1]
    assert results[1]["created"] == [entry["name"] for entry in ODD_POOLS]
    assert results[1]["updated"] == ["slots", "description", "emptied"]
    assert (results[1]["deleted"], results[1]["unchanged"]) == (["absent", "purged"], ["same", "never"])
    assert results[1]["diff"]["before"]["emptied"] == {"slots": 1, "description": "d", **DEFERRED}
    assert results[1]["diff"]["after"]["emptied"] == {"slots": 1, **DEFERRED}
    # A purge keeps default_pool, which Airflow requires.
    assert stored(stack) == DEFAULT | {
        ODD: [1, ODD],
        "--help": [-1, None],
        "n" * 256: [2**31 - 1, "d" * 10_000],
        "سلام": [0, None],
        " spaces ": [7, None],
        "same": [1, "d"],
        "slots": [2, "d"],
        "description": [1, "e"],
        "emptied": [1, None],
        "team_1": [1, "d"],
    }


def test_what_cannot_be_is_refused(stack: Stack) -> None:
    bad: list[dict[str, Any]] = [
        {"name": "negative", "slots": -2},
        {"name": "many", "slots": 2**31},
        {"name": "none"},
        {"name": " ", "slots": 1},
        {"name": "n" * 257, "slots": 1},
        {"name": "default_pool", "state": "absent"},
        {"name": "twice", "slots": 1},
        {"name": "twice", "slots": 2},
    ]
    message = failure(pools(bad))
    for part in (
        "pools, 'negative': slots -2 is invalid; write a number from 0 to 2147483647, or -1 for no limit.",
        "pools, 'many': slots 2147483648 is invalid",
        "pools, 'none': slots is missing",
        "pools, ' ': name must be 1 to 256 characters",
        f"pools, '{'n' * 257}': name must be",
        "pools, 'default_pool': Airflow cannot run without this pool",
        "pools: 'twice' is listed 2 times",
    ):
        assert part in message
    assert stored(stack) == DEFAULT


def test_deferred_tasks_count_where_airflow_knows_it(stack: Stack) -> None:
    wanted = [{"name": "a", "slots": 1}, {"name": "d", "slots": 1, "include_deferred": True}]
    if SERIES == "2.5":
        message = failure(pools(wanted))
        assert message.startswith("pools, 'd': this release of Airflow has no include_deferred, which was added in 2.7")
        assert stored(stack) == DEFAULT
        return
    assert changed(four_ways(wanted, "pools")) == [True, True, False, False]
    assert stack.sql("SELECT include_deferred FROM slot_pool WHERE pool IN ('a', 'd') ORDER BY pool").split() == [
        "f",
        "t",
    ]


TRIGGER = """
CREATE FUNCTION meddle() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
  IF NEW.pool LIKE 'refused%' THEN RAISE EXCEPTION 'not this one'; END IF;
  IF NEW.pool LIKE 'tampered%' THEN NEW.slots := 99; END IF;
  RETURN NEW; END $$;
CREATE TRIGGER meddle BEFORE INSERT OR UPDATE ON slot_pool FOR EACH ROW EXECUTE FUNCTION meddle();
"""


@pytest.fixture
def meddling(stack: Stack) -> Iterator[Stack]:
    stack.sql(TRIGGER)
    yield stack
    stack.sql("DROP TRIGGER meddle ON slot_pool; DROP FUNCTION meddle")


def test_reports_what_airflow_does_not_take(meddling: Stack) -> None:
    wanted = [{"name": name, "slots": 1} for name in ("first", "refused-1", "tampered", "last", "refused-2")]
    result = play(pools(wanted)).results[0]
    assert result["failed"]
    assert result["changed"]
    reason = "does not exist (RaiseException: not this one)"
    assert result["failed_objects"] == {"refused-1": reason, "refused-2": reason, "tampered": "differs in slots"}
    assert result["created"] == ["first", "tampered", "last"]
    assert sorted(stored(meddling)) == ["default_pool", "first", "last", "tampered"]


# Two running tasks. In Airflow 3 each try has an id, and a DAG run has other time columns.
TIMES, NOW = ("logical_date, run_after", "now(), now()") if V3 else ("execution_date", "now()")
ID, NEW_ID = ("id, ", "gen_random_uuid(), ") if V3 else ("", "")
RUNNING = f"""
INSERT INTO dag_run (dag_id, run_id, run_type, state, {TIMES}) VALUES ('d', 'r', 'manual', 'success', {NOW});
INSERT INTO task_instance ({ID}dag_id, run_id, task_id, map_index, try_number, pool, pool_slots, state)
  SELECT {NEW_ID}'d', 'r', task, -1, 1, pool, slots, 'running'
  FROM (VALUES ('a', 'used', 2), ('b', 'endless', 1)) AS each (task, pool, slots);
"""  # noqa: S608 - our own texts


@pytest.mark.slow
def test_a_pool_in_use(stack: Stack) -> None:
    hold(stack, used=1, endless=-1)
    stack.sql(RUNNING)
    try:
        info = {"name": "Info", "ansible_airflow.airflow.airflow_info": {"project": PROJECT, "subset": ["pools"]}}
        wanted: list[dict[str, Any]] = [{"name": "used", "state": "absent"}, {"name": "default_pool", "slots": 16}]
        told, result = play(info, pools(wanted)).results
    finally:
        stack.sql("DELETE FROM task_instance WHERE dag_id = 'd'; DELETE FROM dag_run WHERE dag_id = 'd'")
    keys = ("name", "slots", "description", "occupied_slots", "open_slots")
    assert told["pools"] == [
        {**dict(zip(keys, values, strict=True)), **DEFERRED}
        for values in (
            ("default_pool", 128, "Default pool", 0, 128),
            ("endless", -1, "d", 1, None),
            ("used", 1, "d", 2, -1),
        )
    ]
    assert (result["deleted"], result["updated"]) == (["used"], ["default_pool"])
    assert stored(stack) == {"default_pool": [16, None], "endless": [-1, "d"]}


READER = """
from airflow.models.pool import Pool
def read():
    pool = Pool.get_pool("c")
    assert pool.description in ("v", "stop", str(pool.slots)), "torn"
    return pool.description
"""


@pytest.mark.slow
@pytest.mark.usefixtures("stack")
def test_a_pool_is_never_missing_while_it_is_changed() -> None:
    play(pools([{"name": "c", "slots": 1, "description": "v"}]))
    values = [*(str(number) for number in range(50)), "stop"]
    versions = [{"c": {"slots": number, "description": value}} for number, value in enumerate(values)]
    replace_under_a_reader(READER, program, "pools", versions)


@pytest.mark.slow
def test_any_number_takes_one_start_or_two(stack: Stack) -> None:
    wanted: list[dict[str, Any]] = [{"name": f"p{n}", "slots": n, "description": "d"} for n in range(500)]
    for name, entries, starts in (
        ("create 500", wanted, 2),
        ("nothing to do", wanted, 1),
        ("change one", [{**wanted[0], "slots": 7}, *wanted[1:]], 2),
        ("change 500", [{**entry, "slots": 7} for entry in wanted], 2),
        ("delete 500", [], 2),
    ):
        played = play(pools(entries, purge=True))
        print(f"{name}: {played.seconds[0]:.1f} s")
        assert changed(played.results) == [starts == 2]
        assert played.results[0]["starts"] == starts
    assert stored(stack) == DEFAULT
