"""Filter that collects the variables of all hosts of a stack, as far as the plan of one host needs them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ansible.errors import AnsibleError
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.findings.values import bare
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.plan.problems.agreement import SHARED, settings
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.plan.topology import (
    DEFAULT_GRACE,
    DEFAULT_QUEUES,
    DEFAULT_SLOTS,
)
from jinja2 import Undefined, UndefinedError


def airflow_members(
    groups: Mapping[str, Sequence[str]],
    hostvars: Mapping[str, Mapping[str, Any]],
    spec: Mapping[str, Any] | None = None,
) -> dict[str, dict[str, Any]]:
    """Return the variables of each host of a stack.

    Args:
        groups: Ansible's ``groups``.
        hostvars: Ansible's ``hostvars``.
        spec: The ``options`` of role airflow, with the types and defaults of variables that all hosts share.

    Returns:
        ``addresses``, values of ``airflow_private_address`` by host, empty where it is not set; ``queues``, ``slots``
        and ``grace_periods``, values of ``airflow_worker_queues``, ``airflow_worker_concurrency`` and
        ``airflow_worker_grace_period`` by worker host; ``shared``, which hosts have the same value of a variable that
        the whole stack shares. A value that uses facts of a host outside of the run counts as not set.
    """
    hosts, workers = groups.get("airflow", []), groups.get("airflow_worker", [])
    said = {host: {name: _said(hostvars[host], name) for name in SHARED if name in hostvars[host]} for host in hosts}
    changing = {
        host: [name for name in said[host] if said[host][name] != _said(hostvars[host], name)] for host in hosts
    }
    return {
        "shared": settings(said, spec or {}, changing),
        "addresses": {host: str(_said(hostvars[host], "airflow_private_address") or "") for host in hosts},
        "queues": {host: _said(hostvars[host], "airflow_worker_queues", list(DEFAULT_QUEUES)) for host in workers},
        "slots": {host: _said(hostvars[host], "airflow_worker_concurrency", DEFAULT_SLOTS) for host in workers},
        "grace_periods": {
            host: _said(hostvars[host], "airflow_worker_grace_period", DEFAULT_GRACE) for host in workers
        },
    }


def _said(variables: Mapping[str, Any], name: str, default: Any = None) -> Any:
    """Return the value of a host's variable, or the default if Ansible cannot render it or something in it."""
    try:
        value = variables.get(name, default)
        # Within a filter, Ansible marks it instead of raising an error.
        return default if isinstance(value, Undefined) else bare(value)
    except (AnsibleError, UndefinedError):
        return default


class FilterModule:
    """Ansible's entry point."""

    def filters(self) -> dict[str, Any]:
        """Return the filter, keyed by name."""
        return {"airflow_members": airflow_members}
