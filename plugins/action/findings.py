"""Action plugin: keep what preflight has found, and report the findings of all hosts at once."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from typing import Any, cast

from ansible._internal._datatag._tags import Origin  # There is no public way to ask where a variable is set.
from ansible.errors import AnsibleActionFail
from ansible.plugins.action import ActionBase
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.findings.report import message, report, steps

ARGUMENTS = {
    "found": {"type": "list", "elements": "dict", "default": []},
    "keep": {"type": "bool", "default": False},
    "accepted": {"type": "list", "elements": "str", "default": []},
}
# Not a fact: a cache of facts would keep it until the next run.
REGISTERED = "airflow_findings"


def kept(variables: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return the findings of a host that earlier tasks have kept.

    Args:
        variables: The host's variables.
    """
    return list(variables.get(REGISTERED, {}).get("found", []))


def origin(place: str, variables: Mapping[str, Any]) -> str:
    """Return where the inventory sets what a finding is about.

    Args:
        place: Place of a finding, such as ``airflow_config.core.parallelism``.
        variables: The host's variables as they are written, with templates.

    Returns:
        File and line, such as ``inventories/prod/group_vars/all.yml:7``; empty for a default, and if it is unknown.
    """
    found, value = None, cast("Any", variables)
    for step in steps(place):
        try:
            value = value[int(step)] if isinstance(value, Sequence) and not isinstance(value, str) else value[step]
        except (KeyError, IndexError, TypeError, ValueError):
            break
        found = Origin.get_tag(value) or found
    if found is None or (found.path and f"{os.sep}defaults{os.sep}" in found.path):
        return ""
    if not found.path:
        return str(found.description).strip("<>")
    path = os.path.relpath(found.path)
    return f"{found.path if path.startswith(os.pardir) else path}:{found.line_num}"


class ActionModule(ActionBase):
    """Runs on the controller only."""

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        """Run the task; the options are in plugins/modules/findings.py."""
        result = super().run(tmp, task_vars)
        variables = task_vars or {}
        _spec, options = self.validate_argument_spec(ARGUMENTS)
        found = [{**each, "origin": origin(each["place"], variables)} for each in options["found"]]
        if options["keep"]:
            return {**result, "changed": False, "found": [*kept(variables), *found]}
        if found:
            by_host = {variables["inventory_hostname"]: found}
        else:
            by_host = {host: kept(variables["hostvars"][host]) for host in variables["ansible_play_hosts"]}
        errors, warnings = report(by_host, options["accepted"])
        if errors:
            raise AnsibleActionFail(message(errors))
        # Each finding is reported once.
        return {**result, "changed": False, "warnings": warnings, "found": []}
