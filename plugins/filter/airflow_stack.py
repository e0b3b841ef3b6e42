"""Filters of role airflow_stack; their code is in module_utils/plan and module_utils/inside."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ansible.errors import AnsibleFilterError
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.inside.encryption import count_query
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.plan.compose import (
    ComposeError,
    Dict,
    compose,
)
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.plan.configuration import cfg, settings
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.plan.images import (
    image_ids,
    pip_errors,
)
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.plan.proxy import proxy


def airflow_compose(definitions: Mapping[str, Dict], plan: Mapping[str, Any], words: Mapping[str, Any]) -> Dict:
    """Return the compose definition of one host; see `compose`.

    Args:
        definitions: What role airflow_stack adds to the rows of the service table.
        plan: The plan of the host before the secrets are known.
        words: Further inputs of the definition.

    Returns:
        The definition, ready for docker_compose_v2.

    Raises:
        AnsibleFilterError: A service has no group, a memory limit names no service, or a file's content is missing.
    """
    try:
        return compose(definitions, plan, words)
    except ComposeError as error:
        raise AnsibleFilterError(str(error)) from error


class FilterModule:
    """Ansible's entry point."""

    def filters(self) -> dict[str, Any]:
        """Return the filters, keyed by name."""
        return {
            "airflow_cfg": cfg,
            "airflow_compose": airflow_compose,
            "airflow_image_ids": image_ids,
            "airflow_pip_errors": pip_errors,
            "airflow_plain_rows_query": count_query,
            "airflow_proxy": proxy,
            "airflow_settings": settings,
        }
