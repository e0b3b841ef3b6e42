"""Action plugin of airflow_tree_switch; the documentation is in plugins/modules/airflow_tree_switch.py."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ansible.plugins.action import ActionBase

ARGUMENTS = {
    "directory": {"type": "path", "required": True},
    "release": {"type": "str", "required": True},
    "keep": {"type": "int", "default": 5},
}


class ActionModule(ActionBase):
    """Runs the switch on the host, with the same module as airflow_tree_receive."""

    _supports_check_mode = True
    _requires_connection = True

    def run(self, tmp: str | None = None, task_vars: Mapping[str, Any] | None = None) -> dict[str, Any]:
        """Run the task.

        Args:
            tmp: Unused since Ansible 2.3.
            task_vars: The host's variables.

        Returns:
            The task's result.
        """
        result: dict[str, Any] = super().run(tmp, task_vars)
        _spec, options = self.validate_argument_spec(ARGUMENTS)
        answer: dict[str, Any] = self._execute_module(
            module_name="ansible_airflow.airflow.airflow_tree_store",
            module_args={**options, "step": "switch"},
            task_vars=task_vars,
        )
        return result | answer
