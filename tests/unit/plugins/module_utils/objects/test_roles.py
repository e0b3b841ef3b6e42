"""Roles: the wanted permissions, given what DAGs grant themselves, and what users of the same run may have."""

from __future__ import annotations

from typing import Any

from ansible_collections.ansible_airflow.airflow.plugins.module_utils.objects.part import Part
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.objects.plan import Plan
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.objects.roles import RoleKind

KIND = RoleKind()
HOME = {"resource": "Website", "actions": ["can_read"]}
READ = {"resource": "DAGs", "actions": ["can_read"]}
NEWS = {"resource": "DAG:news", "actions": ["can_read", "can_edit"]}


def entry(name: str, *permissions: dict[str, Any], **fields: Any) -> dict[str, Any]:
    """Return an entry as the module receives it."""
    return {"name": name, "state": "present", "permissions": [*permissions], **fields}


def part(
    *entries: dict[str, Any], found: dict[str, Any] | None = None, governed: tuple[str, ...] = (), **options: Any
) -> Part:
    objects = {name: {"permissions": permissions} for name, permissions in (found or {}).items()}
    compared = Part(KIND, {"roles": entries, "purge": False, "purge_exclude": [], **options})
    compared.compare({"objects": objects, "governed": [*governed]})
    return compared


def test_order_and_repeated_actions_do_not_matter() -> None:
    listed = entry("r", HOME, {"resource": "DAGs", "actions": ["can_read", "can_read"]})
    assert part(listed, found={"r": [READ, HOME]}).plan.unchanged == ["r"]


def test_every_role_can_open_the_web_ui() -> None:
    assert part(entry("r", READ)).plan.create == {"r": {"permissions": [READ, HOME]}}
    assert part(entry("r")).plan.create == {"r": {"permissions": [HOME]}}
    edit = {"resource": "Website", "actions": ["can_edit"]}
    assert part(entry("r", edit)).plan.create["r"]["permissions"] == [
        {"resource": "Website", "actions": ["can_edit", "can_read"]}
    ]


def test_a_permission_that_is_not_listed_is_removed() -> None:
    plan = part(entry("r", READ), found={"r": [NEWS, READ, HOME]}).plan
    assert plan.replace == {"r": {"permissions": [READ, HOME]}}


def test_what_a_dag_grants_itself_is_left_to_the_dag() -> None:
    # The report of Airflow does not contain it either.
    entries = [entry("r", NEWS, READ)]
    assert part(*entries, found={"r": [READ, HOME]}, governed=("DAG:news",)).plan.unchanged == ["r"]
    assert KIND.question(entries) == {"resources": ["DAG:news", "DAGs"]}
    (sentence,) = KIND.warnings(entries, {"governed": ["DAG:news"]})
    assert sentence.startswith("roles, 'r': permissions on DAG:news are left as they are, because the DAG sets ")
    assert KIND.warnings(entries, {"governed": []}) == []


def test_without_airflow_the_entries_themselves_are_predicted() -> None:
    compared = Part(KIND, {"roles": [entry("r", NEWS)], "purge": True, "purge_exclude": []})
    compared.compare(None)
    assert compared.plan.create == {
        "r": {"permissions": [{"resource": "DAG:news", "actions": ["can_edit", "can_read"]}, HOME]}
    }


def test_a_purge_keeps_airflows_own_roles() -> None:
    found = {name: [HOME] for name in ("Admin", "Viewer", "team_1", "old")}
    assert part(found=found, purge=True, purge_exclude=["team_*"]).plan.delete == ["old"]
    assert part(found=found).plan.delete == []


def test_users_may_have_the_roles_that_the_run_creates() -> None:
    reports: dict[str, Any] = {"users_read": {"roles": ["Admin", "old"]}}
    KIND.foresee(Plan(create={"new": {}}, delete=["old"]), reports)
    assert reports["users_read"]["roles"] == ["Admin", "new"]
    KIND.foresee(Plan(create={"new": {}}), {})
