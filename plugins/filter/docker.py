"""Filters of role docker; their code is in module_utils/host."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from typing import Any

from ansible.errors import AnsibleFilterError
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.findings.finding import as_data
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.host import docker_daemon as daemon
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.host.docker_inputs import (
    certificates,
    repository_key,
)
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.host.docker_problems import (
    docker_host_problems,
    docker_problems,
)


def docker_daemon(content: str, inputs: Mapping[str, Any]) -> dict[str, Any]:
    """Merge the role's options into daemon.json.

    Args:
        content: Content of the file in Base64, as slurp returns it. Empty if there is no file.
        inputs: ``registry_mirrors``, ``insecure_registries``, ``log_max_size``, ``log_max_file``, ``live_restore``,
            ``daemon_options`` and ``options_absent``.

    Returns:
        ``text``, the new content, and ``notify``, the topics that handlers of role docker listen to.

    Raises:
        AnsibleFilterError: The file does not contain a JSON object.
    """
    try:
        return daemon.plan(base64.b64decode(content).decode(), inputs)
    except ValueError as error:
        raise AnsibleFilterError(f"daemon.json: {error}") from error


class FilterModule:
    """Ansible's entry point."""

    def filters(self) -> dict[str, Any]:
        """Return the filters by name."""
        return {
            "docker_certificates": certificates,
            "docker_daemon": docker_daemon,
            "docker_host_problems": as_data(docker_host_problems),
            "docker_problems": as_data(docker_problems),
            "docker_repository_key": repository_key,
        }
