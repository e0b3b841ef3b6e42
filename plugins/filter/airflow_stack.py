"""Filters that shape the data of role airflow_stack; their code is in module_utils/plan."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ansible.errors import AnsibleFilterError
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.inside.encryption import count_query
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.plan.base_url import web_path
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.plan.compose import (
    ComposeError,
    Dict,
    compose,
)
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.plan.configuration import cfg
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.plan.images import (
    image_ids,
    pip_errors,
)


def airflow_compose(services: Mapping[str, Dict], stack: Mapping[str, Any]) -> Dict:
    """Return the compose definition of one host, see `compose`.

    Args:
        services: The service table with the definitions of role airflow_stack.
        stack: What the definition needs besides.

    Returns:
        The definition, ready for docker_compose_v2.

    Raises:
        AnsibleFilterError: If the two do not fit together.
    """
    try:
        return compose(services, stack)
    except ComposeError as error:
        raise AnsibleFilterError(str(error)) from error


class FilterModule:
    """Ansible's entry point."""

    def filters(self) -> dict[str, Any]:
        """Return the filters by name."""
        return {
            "airflow_cfg": cfg,
            "airflow_compose": airflow_compose,
            "airflow_image_ids": image_ids,
            "airflow_pip_errors": pip_errors,
            "airflow_plain_rows_query": count_query,
            "airflow_web_path": web_path,
        }
