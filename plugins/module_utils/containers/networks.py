"""The stack's network on a host."""

from __future__ import annotations

import json
import urllib.parse
from typing import Any

from ansible_collections.ansible_airflow.airflow.plugins.module_utils.containers.engine import Engine, EngineError

# Label with the settings that the inventory gave the network when it was created; see plan/network.py.
SETTINGS_LABEL = "ansible-airflow.network"
# Label of containers of tasks; see roles/airflow_stack/files/stack_containers.py.
TASK_LABEL = "airflow.stack"
PROJECT_LABEL = "com.docker.compose.project"
FOUND, MISSING = 200, 404


def network(engine: Engine, name: str, project: str) -> dict[str, Any]:
    """Return the network of a stack, and who else uses it.

    Args:
        engine: The host's engine.
        name: Name of the network.
        project: Name of the compose project.

    Returns:
        ``settings``, the text of its label, empty without one; ``subnets``, those of IPv4; and ``guests``, names of the
        running containers in it that are neither of the project nor of a task. Empty if the network does not exist.

    Raises:
        EngineError: The engine does not answer.
    """
    status, answer = engine.get(f"/networks/{urllib.parse.quote(name)}")
    if status == MISSING:
        return {}
    if status != FOUND:
        raise EngineError(f"network {name} has status {status}")
    filters = urllib.parse.quote(json.dumps({"network": [name]}))
    status, users = engine.get(f"/containers/json?filters={filters}")
    if status != FOUND:
        raise EngineError(f"the list of containers has status {status}")
    guests = [
        entry["Names"][0].lstrip("/")
        for entry in users
        if entry["Labels"].get(PROJECT_LABEL) != project and TASK_LABEL not in entry["Labels"]
    ]
    subnets = [row.get("Subnet", "") for row in (answer.get("IPAM") or {}).get("Config") or []]
    return {
        "settings": (answer.get("Labels") or {}).get(SETTINGS_LABEL, ""),
        # Not those of IPv6.
        "subnets": [subnet for subnet in subnets if "." in subnet],
        "guests": sorted(guests),
    }
