"""Problems of a list of roles, and of the roles that users have."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.objects import permission_problems, role_problems
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.objects.roles import PERMISSION, ROLE, RoleKind

READ: dict[str, Any] = {"resource": "DAGs", "actions": ["can_read"]}
ANALYSTS: dict[str, Any] = {"name": "Analysts", "permissions": [READ]}


def test_valid_roles_have_no_problem() -> None:
    good = [
        ANALYSTS,
        {"name": "n" * 64, "state": "present", "permissions": []},
        {"name": "analysts", "state": "absent", "permissions": "whatever"},
        {
            "name": "سلام 😀",
            "permissions": [
                {"resource": "DAG:not_yet", "actions": [*permission_problems.ACTIONS]},
                {"resource": "DAG Run:not_yet", "actions": ["can_create"]},
                {"resource": "Page of a plugin", "actions": ["can_list", "can_add", "can_this_form_get"]},
                *({"resource": name, "actions": ["can_read"]} for name in permission_problems.RESOURCES),
            ],
        },
    ]
    assert role_problems.problems(good, "airflow_roles") == []
    assert RoleKind().problems(good) == []


def test_the_keys_are_those_of_the_module() -> None:
    assert (*ROLE,) == role_problems.KEYS
    assert (*PERMISSION,) == permission_problems.KEYS


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"name": None}, ".name: missing, or not text; write one such as Analysts."),
        ({"name": 5}, ".name: missing, or not text"),
        ({"name": ""}, ".name: must be text, not empty, without spaces at its ends."),
        ({"name": " x"}, ".name: must be text"),
        ({"name": "n" * 65}, ".name: longer than the 64 characters that Airflow stores; shorten it."),
        ({"name": "a\0"}, ".name: holds a NUL character"),
        ({"name": "Viewer"}, ".name: Viewer is one of Airflow's own roles, whose permissions Airflow writes again"),
        ({"name": "Public", "state": "absent"}, ".name: Public is one of Airflow's own roles"),
        ({"state": "gone"}, ".state: must be present or absent."),
        ({"permission": []}, ".permission: unknown key; did you mean permissions?"),
        ({"x": []}, ".x: unknown key; the keys are name, state, permissions."),
        ({"permissions": None}, ".permissions: missing, or not a list; write a list such as [{resource: DAGs, "),
        ({"permissions": "can_read"}, ".permissions: missing, or not a list"),
        ({"permissions": ["DAGs"]}, ".permissions[0]: not a dict; write one such as {resource: DAGs"),
        ({"permissions": [READ, READ]}, ".permissions: resource 'DAGs' is listed 2 times; write all of its actions in"),
    ],
)  # fmt: skip
def test_an_invalid_role_has_a_problem(fields: dict[str, Any], expected: str) -> None:
    (sentence,) = role_problems.problems([{**ANALYSTS, **fields}], "airflow_roles")
    assert sentence.startswith(f"airflow_roles[0]{expected}")
    assert sentence[-1] in ".?"


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"resources": "x"}, ".resources: unknown key; did you mean resource?"),
        ({"resource": None}, ".resource: must be text"),
        ({"resource": ""}, ".resource: must be text"),
        ({"resource": "r" * 251}, ".resource: longer than the 250"),
        ({"resource": "Dags"}, ".resource: Airflow has no resource 'Dags'; did you mean DAGs?"),
        ({"resource": "dag_run"}, ".resource: Airflow has no resource 'dag_run'; did you mean DAG Runs?"),
        ({"resource": "Import Errors"}, "did you mean ImportError?"),
        ({"resource": "dag:news"}, ".resource: 'dag:news' names no DAG; write DAG:news."),
        ({"resource": "DAG: news"}, "write DAG:news."),
        ({"resource": "DAG:"}, ".resource: 'DAG:' names no DAG; write DAG:news_fetcher."),
        ({"resource": "DAG_Run:news"}, "write DAG Run:news."),
        ({"actions": None}, ".actions: missing, empty, or not a list; write at least one, such as [can_read]."),
        ({"actions": []}, ".actions: missing, empty"),
        ({"actions": "can_read"}, ".actions: missing, empty, or not a list"),
        ({"actions": [1]}, ".actions: must be text"),
        ({"actions": ["read"]}, ".actions: 'read' is not an action; write can_read, can_edit, can_create, can_delete"),
        ({"actions": ["can_raed"]}, ".actions: Airflow has no action 'can_raed'; did you mean can_read?"),
        ({"actions": ["can_" + "x" * 97]}, ".actions: longer than the 100"),
    ],
)  # fmt: skip
def test_an_invalid_permission_has_a_problem(fields: dict[str, Any], expected: str) -> None:
    other = {"resource": "Pools", "actions": ["can_read"]}
    listed = [ANALYSTS, {"name": "x", "permissions": [other, {**READ, **fields}]}]
    (sentence,) = role_problems.problems(listed, "airflow_roles")
    assert sentence.startswith("airflow_roles[1].permissions[1].")
    assert expected in sentence


def test_a_name_may_be_listed_only_once() -> None:
    (sentence,) = role_problems.problems([ANALYSTS, {"name": "Analysts", "state": "absent"}], "airflow_roles")
    assert sentence == "airflow_roles: 'Analysts' is listed 2 times; keep one entry."


@pytest.mark.parametrize("entries", ["text", None, 5, {"name": "x"}])
def test_a_list_of_another_type(entries: object) -> None:
    (sentence,) = role_problems.problems(entries, "airflow_roles")
    assert sentence.startswith("airflow_roles: not a list")
    assert len(role_problems.problems([entries], "airflow_roles")) == 1


@pytest.mark.parametrize(
    ("user", "expected"),
    [
        ({"roles": ["Analysts", "Op"]}, None),
        ({"roles": ["Old"], "state": "absent"}, None),
        ({"roles": "Old"}, None),
        ({}, None),
        ("text", None),
        ({"roles": ["Op", "Analyst"]}, "present role of airflow_roles; did you mean Analysts?"),
        ({"roles": ["viewer"]}, "did you mean Viewer?"),
        ({"roles": ["Old"]}, "airflow_users[1].roles: 'Old' is neither one of Airflow's own roles (Admin, Op,"),
        ({"roles": ["Writers"]}, "present role of airflow_roles; add it there."),
        ({"roles": [None]}, "None is neither"),
    ],
)  # fmt: skip
def test_a_user_needs_a_role_that_exists(user: Any, expected: str | None) -> None:
    roles = [ANALYSTS, {"name": "Old", "state": "absent"}, "text", {"name": 5}]
    found = role_problems.unknown_roles([{"roles": ["Admin"]}, user], roles, "airflow_users")
    assert len(found) == (1 if expected else 0), found
    for sentence in found:
        assert expected is not None
        assert sentence.startswith("airflow_users[1].roles: ")
        assert expected in sentence


def test_lists_of_another_type_are_somebody_elses_problem() -> None:
    assert role_problems.unknown_roles("text", None, "airflow_users") == []
