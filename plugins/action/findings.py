"""Action plugin: keep what preflight has found, and report the findings of all hosts at once."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping, Sequence
from typing import Any, cast

from ansible._internal._datatag._tags import Origin  # There is no public way to ask where a variable is set.
from ansible.errors import AnsibleActionFail, AnsibleError
from ansible.plugins.action import ActionBase
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.findings.argument_types import spec_problems
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.findings.names import mentioned
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.findings.report import message, report, steps

ARGUMENTS = {
    "spec": {"type": "dict", "default": {}},
    "found": {"type": "list", "elements": "dict", "default": []},
    "keep": {"type": "bool", "default": False},
    "late": {"type": "bool", "default": False},
}
# Not a fact: a cache of facts would keep it until the next run.
REGISTERED = "airflow_findings"
ACCEPTED = "airflow_findings_accepted"
# Of a name that the templates of the inventory use, it is not true.
MISSPELT = "variable-misspelt"


def kept(variables: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return the findings of a host that earlier tasks have kept.

    Args:
        variables: The host's variables.
    """
    return list(variables.get(REGISTERED, {}).get("found", []))


def accepted(variables: Mapping[str, Any]) -> list[str]:
    """Return the ids that a host's inventory accepts; a value that is no list is a finding of its own.

    Args:
        variables: The host's variables.
    """
    try:
        value = variables.get(ACCEPTED, [])
        return [str(each) for each in value] if isinstance(value, list) else []
    except AnsibleError:
        return []


def origin(place: str, variables: Mapping[str, Any]) -> str:
    """Return where the inventory sets what a finding is about.

    Args:
        place: Place of a finding, such as ``airflow_config.core.parallelism``.
        variables: The host's variables.

    Returns:
        File and line, such as ``inventories/prod/group_vars/all.yml:7``; empty for a default, and if it is unknown.
    """
    found, value = None, cast("Any", variables)
    for step in steps(place):
        try:
            value = value[int(step)] if isinstance(value, Sequence) and not isinstance(value, str) else value[step]
        except (AnsibleError, KeyError, IndexError, TypeError, ValueError):
            break
        found = Origin.get_tag(value) or found
    if found is None or re.search(r"/roles/\w+/defaults/", found.path or ""):
        return ""
    if not found.path:
        return str(found.description).strip("<>")
    path = os.path.relpath(found.path)
    shown = found.path if path.startswith(os.pardir) else path
    return f"{shown}:{found.line_num}" if found.line_num else shown


class ActionModule(ActionBase):
    """Runs on the controller only."""

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        """Run the task; the options are in plugins/modules/findings.py."""
        result = super().run(tmp, task_vars)
        variables = task_vars or {}
        _spec, options = self.validate_argument_spec(ARGUMENTS)
        types = [each.fields() for each in spec_problems(variables, options["spec"], self._templar.template)]
        given = [each for each in options["found"] if each["id"] != MISSPELT or not mentioned(each["place"], variables)]
        found = [{**each, "origin": self._origin(each, variables)} for each in [*types, *given]]
        if options["keep"]:
            return {**result, "changed": False, "found": [*kept(variables), *found]}
        hosts = {host: variables["hostvars"][host] for host in variables["ansible_play_hosts"]}
        if found:
            by_host = {variables["inventory_hostname"]: found}
        else:
            by_host = {host: kept(its) for host, its in hosts.items()}
        errors, warnings = report(by_host, {host: accepted(its) for host, its in hosts.items()})
        if errors:
            raise AnsibleActionFail(message(errors, late=options["late"]))
        # Each finding is reported once.
        return {**result, "changed": False, "warnings": warnings, "found": []}

    @staticmethod
    def _origin(finding: Mapping[str, Any], variables: Mapping[str, Any]) -> str:
        """Return where the host that the finding is about sets the variable."""
        own = finding["host"] in ("", variables["inventory_hostname"])
        return origin(finding["place"], variables if own else variables["hostvars"].get(finding["host"], {}))
