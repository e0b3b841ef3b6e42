"""Airflow's roles: argument spec and comparison; role_problems.py validates them."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any, ClassVar

from ansible_collections.ansible_airflow.airflow.plugins.module_utils.findings.finding import Finding
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.inside import roles as program
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.objects import role_problems
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.objects.kind import (
    PURGE_OPTIONS,
    STATE,
    Entries,
    Entry,
    Fields,
    Kind,
)
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.objects.plan import Plan

PERMISSION = {
    "resource": {"type": "str", "required": True},
    "actions": {"type": "list", "elements": "str", "required": True},
}
ROLE = {
    "name": {"type": "str", "required": True},
    "state": STATE,
    "permissions": {"type": "list", "elements": "dict", "options": PERMISSION},
}
# Permission that Airflow adds to every role when its web server starts; without it, no page opens.
HOME = ("Website", "can_read")


class RoleKind(Kind):
    """Roles, except Airflow's own."""

    option = "roles"
    arguments: ClassVar = {
        "roles": {"type": "list", "elements": "dict", "required": True, "options": ROLE},
        **PURGE_OPTIONS,
    }
    key = "name"
    example = role_problems.EXAMPLE
    secret_fields = ()
    permanent = role_problems.OWN
    program = program

    def problems(self, entries: Entries, where: str = "") -> list[Finding]:
        """See Kind."""
        return role_problems.problems(entries, where or self.option)

    def entry_problems(self, entry: Entry) -> list[Finding]:
        """See Kind."""
        return role_problems.problems([entry], self.option)

    def question(self, entries: Entries) -> dict[str, Any]:
        """Ask which of the listed resources belong to DAGs that set access_control."""
        return {"resources": sorted({each["resource"] for entry in entries for each in entry["permissions"]})}

    def wanted(
        self,
        entries: Entries,
        report: Mapping[str, Any] | None,
        options: Mapping[str, Any],  # noqa: ARG002 - none matters here
    ) -> dict[str, Fields]:
        """Leave permissions to the DAGs that set access_control, and add the one that Airflow adds to every role."""
        governed = report["governed"] if report else ()
        return {entry["name"]: {"permissions": _permissions(entry, governed)} for entry in entries}

    def normal(self, fields: Fields) -> Fields:
        """See Kind."""
        return {"permissions": fields["permissions"]}

    def warnings(self, entries: Entries, report: Mapping[str, Any]) -> list[str]:
        """Report permissions that are listed here although a DAG sets them."""
        return [
            f"roles, {entry['name']!r}: permissions on {each['resource']} are left as they are, because the DAG sets "
            "access_control; grant them there, or remove access_control from the DAG."
            for entry in entries
            for each in entry["permissions"]
            if each["resource"] in report["governed"]
        ]

    def foresee(self, plan: Plan, reports: Mapping[str, Any]) -> None:
        """Users may have roles that this run creates, and none that it deletes."""
        if "users_read" in reports:
            names = {*reports["users_read"]["roles"], *plan.create} - {*plan.delete}
            reports["users_read"]["roles"] = sorted(names)


def _permissions(entry: Entry, governed: Collection[str]) -> list[dict[str, Any]]:
    """Return the permissions of an entry in the form that Airflow's are reported in."""
    actions = {HOME[0]: {HOME[1]}}
    for each in entry["permissions"]:
        if each["resource"] not in governed:
            actions.setdefault(each["resource"], set()).update(each["actions"])
    return [{"resource": resource, "actions": sorted(actions[resource])} for resource in sorted(actions)]
