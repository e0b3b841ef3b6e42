"""Action plugin of airflow_host_state; the documentation is in plugins/modules/airflow_host_state.py."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

from ansible.plugins.action import ActionBase
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.host.state import ARGUMENTS


def clock(sent: float, started: float, ended: float, received: float) -> tuple[float, float]:
    """Return by how many seconds the host's clock is ahead of the controller's, and the largest possible error.

    Args:
        sent: Controller time before the request.
        started: Host time at the start of the module.
        ended: Host time at the end of the module.
        received: Controller time after the answer.
    """
    return ((started - sent) + (ended - received)) / 2, ((received - sent) - (ended - started)) / 2


class ActionModule(ActionBase):
    """Runs the module on the host and compares the clocks."""

    _supports_check_mode = True
    _requires_connection = True

    def run(self, tmp: str | None = None, task_vars: Mapping[str, Any] | None = None) -> dict[str, Any]:
        """Run the task.

        Args:
            tmp: Unused since Ansible 2.3.
            task_vars: The host's variables.

        Returns:
            The task's result.

        Raises:
            AnsibleActionFail: An argument is unknown or has the wrong type.
        """
        result: dict[str, Any] = super().run(tmp, task_vars)
        self.validate_argument_spec(ARGUMENTS)
        sent = time.time()
        answer: dict[str, Any] = self._execute_module(module_args=dict(self._task.args), task_vars=task_vars)
        received = time.time()
        if times := answer.pop("times", None):
            started, ended = times
            offset, error = clock(sent, started, ended, received)
            answer |= {"clock_offset": round(offset, 1), "clock_error": round(error, 1)}
        return result | answer
