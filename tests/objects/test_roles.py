"""Module airflow_roles on a real Airflow, and roles in the inventory."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

import pytest

from tests.objects.stack import ODD, PROJECT, READER, Stack, changed, failure, four_ways, play, summary, task, words
from tests.support.wait import wait

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.objects.conftest import Playbook

roles = partial(task, "roles")

HOME = {"Website": ["can_read"]}
DAGS = {"resource": "DAGs", "actions": ["can_read"]}
NEWS = {"resource": "DAG:not_there_yet", "actions": ["can_edit", "can_read"]}
ANALYSTS: dict[str, Any] = {"name": "Analysts", "permissions": [DAGS, NEWS]}
HELD = {"DAGs": ["can_read"], "DAG:not_there_yet": ["can_edit", "can_read"], **HOME}
JANE = {"username": "jane", "email": "jane@example.com", "roles": ["Analysts", "Viewer"], "password": "find-me"}


def objects(*, check: bool = False, **kinds: Any) -> dict[str, Any]:
    """Task that manages several kinds with the same starts of Airflow."""
    arguments = {kind: {kind: entries} for kind, entries in kinds.items()}
    module = {"ansible_airflow.airflow.airflow_objects": {"project": PROJECT, **arguments}}
    return {"name": "Objects", **module, "check_mode": check}


def test_creates_changes_deletes_and_purges(stack: Stack) -> None:
    names = ("same", "more", "less", "emptied", "absent", "purged", "team_1")
    play(roles([{"name": name, "permissions": [DAGS]} for name in names]))
    wanted: list[dict[str, Any]] = [
        {"name": ODD[:60], "permissions": [{"resource": ODD, "actions": ["can_list"]}]},
        {"name": "--help", "permissions": []},
        {"name": "n" * 64, "permissions": [{"resource": "r" * 250, "actions": ["can_" + "a" * 96]}]},
        {"name": "سلام", "permissions": [{"resource": "DAG:سلام", "actions": ["can_read"]}]},
        {"name": "same", "permissions": [DAGS, {"resource": "Website", "actions": ["can_read", "can_read"]}]},
        {"name": "more", "permissions": [NEWS, {**DAGS, "actions": ["can_read", "can_edit"]}]},
        {"name": "less", "permissions": [NEWS]},
        {"name": "emptied", "permissions": []},
        {"name": "absent", "state": "absent"},
        {"name": "never", "state": "absent"},
    ]
    results = four_ways(wanted, "roles", purge=True, purge_exclude=["team_*"])
    assert changed(results) == [True, True, False, False]
    assert summary(results[0]) == summary(results[1])
    assert [result["starts"] for result in results] == [1, 2, 1, 1]
    assert results[1]["created"] == [entry["name"] for entry in wanted[:4]]
    assert results[1]["updated"] == ["more", "less", "emptied"]
    assert (results[1]["deleted"], results[1]["unchanged"]) == (["absent", "purged"], ["same", "never"])
    home = {"resource": "Website", "actions": ["can_read"]}
    assert results[1]["diff"]["before"]["less"] == {"permissions": [DAGS, home]}
    assert results[1]["diff"]["after"]["less"] == {"permissions": [NEWS, home]}
    assert stack.roles() == {
        ODD[:60]: {ODD: ["can_list"], **HOME},
        "--help": HOME,
        "n" * 64: {"r" * 250: ["can_" + "a" * 96], **HOME},
        "سلام": {"DAG:سلام": ["can_read"], **HOME},
        "same": {"DAGs": ["can_read"], **HOME},
        "more": {**HELD, "DAGs": ["can_edit", "can_read"]},
        "less": {"DAG:not_there_yet": ["can_edit", "can_read"], **HOME},
        "emptied": HOME,
        "team_1": {"DAGs": ["can_read"], **HOME},
    }


def test_users_get_roles_that_the_same_run_creates(stack: Stack) -> None:
    # Airflow's own roles exist, as after the first start of a web server.
    stack.add_user("other", "p")
    wanted = {"roles": [ANALYSTS, {"name": "never", "state": "absent"}], "users": [JANE]}
    results = play(*(objects(**wanted, check=check) for check in (True, False, True, False))).results
    assert changed(results) == [True, True, False, False]
    assert (results[0]["roles"], results[0]["users"]) == (results[1]["roles"], results[1]["users"])
    assert stack.roles() == {"Analysts": HELD}
    assert stack.users()["jane"]["roles"] == ["Analysts", "Viewer"]
    # A role that this run deletes does not exist for its users; deleted by itself, its users lose it.
    gone = [{"name": "Analysts", "state": "absent"}]
    message = failure(objects(roles=gone, users=[JANE]))
    assert "users, 'jane': role 'Analysts' does not exist; write one of Admin, Op, Public, User, Viewer" in message
    assert changed(play(roles(gone)).results) == [True]
    assert (stack.roles(), stack.users()["jane"]["roles"]) == ({}, ["Viewer"])


def test_what_is_wrong_is_refused(stack: Stack) -> None:
    bad: list[dict[str, Any]] = [
        {"name": "Viewer", "permissions": []},
        {"name": "Admin", "state": "absent"},
        {"name": "n" * 65, "permissions": []},
        {"name": "missing"},
        {"name": "typos", "permissions": [{"resource": "Dags", "actions": ["can_raed"]}]},
        {"name": "twice", "permissions": [DAGS, DAGS]},
        {"name": "twice", "permissions": [{"resource": "DAGs", "actions": []}]},
    ]
    message = failure(roles(bad))
    for part in (
        "roles[0].name: Viewer is one of Airflow's own roles",
        "roles[1].name: Admin is one of Airflow's own roles",
        "roles[2].name: longer than the 64 characters",
        "roles[3].permissions: missing, or not a list",
        "roles[4].permissions[0].resource: Airflow has no resource 'Dags'; did you mean DAGs?",
        "roles[4].permissions[0].actions: Airflow has no action 'can_raed'; did you mean can_read?",
        "roles[5].permissions: resource 'DAGs' is listed 2 times",
        "roles[6].permissions[0].actions: missing, empty, or not a list",
        "roles: 'twice' is listed 2 times",
    ):
        assert part in message
    assert stack.roles() == {}


TRIGGER = """
CREATE FUNCTION meddle() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
  IF NEW.name LIKE 'refused%' THEN RAISE EXCEPTION 'not this one'; END IF;
  RETURN NEW; END $$;
CREATE TRIGGER meddle BEFORE INSERT OR UPDATE ON ab_role FOR EACH ROW EXECUTE FUNCTION meddle();
"""


@pytest.fixture
def meddling(stack: Stack) -> Iterator[Stack]:
    stack.sql(TRIGGER)
    yield stack
    stack.sql("DROP TRIGGER meddle ON ab_role; DROP FUNCTION meddle")


def test_reports_what_airflow_does_not_take(meddling: Stack) -> None:
    result = play(roles([{**ANALYSTS, "name": name} for name in ("first", "refused", "last")])).results[0]
    assert result["failed"]
    assert result["changed"]
    assert result["failed_objects"] == {"refused": "does not exist (RaiseException: not this one)"}
    assert result["created"] == ["first", "last"]
    assert meddling.roles() == {"first": HELD, "last": HELD}


@pytest.mark.slow
def test_what_airflow_adds_to_roles_is_no_difference(stack: Stack) -> None:
    play(roles([ANALYSTS]))
    stack.inside("airflow", "sync-perm", "--include-dags")
    assert stack.roles() == {"Analysts": HELD}
    assert changed(play(roles([ANALYSTS])).results) == [False]


DAG = """
from datetime import datetime
from airflow import DAG
dag = DAG("governed", schedule=None, start_date=datetime(2023, 1, 1), access_control={"Analysts": {"can_read"}})
"""


@pytest.fixture
def governed(stack: Stack) -> Iterator[Stack]:
    """A DAG that grants the role Analysts to read it."""
    play(roles([ANALYSTS]))
    stack.inside("bash", "-c", f"mkdir -p dags && cat > dags/governed.py <<'END'\n{DAG}\nEND", service=READER)
    try:
        wait(lambda: "DAG:governed" in str(stack.roles()), seconds=90)
        yield stack
    finally:
        stack.inside("rm", "dags/governed.py", service=READER)
        stack.inside("airflow", "dags", "delete", "--yes", "governed")


def test_the_permissions_that_a_dag_grants_are_left_to_it(governed: Stack) -> None:
    held = {**HELD, "DAG:governed": ["can_read"]}
    assert governed.roles() == {"Analysts": held}
    assert changed(four_ways([ANALYSTS], "roles")) == [False] * 4
    listed = {"resource": "DAG:governed", "actions": ["can_read", "can_edit"]}
    result = play(roles([{**ANALYSTS, "permissions": [DAGS, NEWS, listed]}])).results[0]
    assert changed([result]) == [False]
    (warning,) = result["warnings"]
    assert words(warning).startswith("roles, 'Analysts': permissions on DAG:governed are left as they are, because the")
    # Other permissions of the role are still changed.
    less = [{**ANALYSTS, "permissions": [DAGS]}]
    assert changed(four_ways(less, "roles")) == [True, True, False, False]
    assert governed.roles() == {"Analysts": {"DAGs": ["can_read"], "DAG:governed": ["can_read"], **HOME}}


def test_the_inventory_creates_roles_before_users(stack: Stack, playbook: Playbook, tmp_path: Path) -> None:
    (tmp_path / "admin_password").write_text("find-me admin\n")
    seed = partial(playbook, "seed_airflow_objects", airflow_users=[{"username": "admin", "state": "absent"}, JANE])
    refused = seed()
    assert refused.returncode != 0
    for part in (
        "nothing was changed.",
        "airflow_users[1].roles: 'Analysts' is neither one of Airflow's own roles (Admin, Op, Public, User, Viewer)",
    ):
        assert part in words(refused.stdout)
    assert stack.users() == stack.roles() == {}
    for options, count in ((("--check",), 1), ((), 1), ((), 0)):
        run = seed(*options, airflow_roles=[ANALYSTS])
        assert run.returncode == 0, run.stdout
        assert f"changed={count} " in run.stdout
    assert (stack.roles(), stack.users()["jane"]["roles"]) == ({"Analysts": HELD}, ["Analysts", "Viewer"])


def test_without_a_list_roles_are_kept(stack: Stack, playbook: Playbook) -> None:
    play(roles([ANALYSTS]))
    assert "changed=0 " in playbook("seed_airflow_objects").stdout
    assert stack.roles() == {"Analysts": HELD}
    purge = playbook("seed_airflow_objects", airflow_roles_purge=True, airflow_roles_purge_exclude=["A*"])
    assert "changed=0 " in purge.stdout
    assert "changed=1 " in playbook("seed_airflow_objects", airflow_roles_purge=True).stdout
    assert stack.roles() == {}


@pytest.mark.slow
def test_what_is_exported_can_be_seeded(stack: Stack, playbook: Playbook, tmp_path: Path) -> None:
    odd = {"name": ODD[:60], "permissions": [{"resource": ODD, "actions": ["can_list"]}]}
    play(roles([ANALYSTS, odd, {"name": "empty", "permissions": []}]))
    before = stack.roles()
    run = playbook("export_airflow_objects", airflow_export_directory=str(tmp_path / "export"))
    assert run.returncode == 0, run.stdout
    given = [option for path in (tmp_path / "export").iterdir() for option in ("-e", f"@{path}")]
    assert "changed=0 " in playbook("seed_airflow_objects", *given).stdout
    stack.clear()
    assert "changed=1 " in playbook("seed_airflow_objects", *given).stdout
    assert stack.roles() == before
