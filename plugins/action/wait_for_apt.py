"""Action plugin of wait_for_apt; the documentation is in plugins/modules/wait_for_apt.py."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

from ansible.plugins.action import ActionBase
from ansible.utils.display import Display
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.host.apt_lock import ARGUMENTS, words

# Seconds between two checks, and between two lines of output while nothing changes.
PAUSE = 5.0
REPEAT = 30.0

display = Display()


class ActionModule(ActionBase):
    """Checks the locks from the controller, so that it can print while it waits."""

    _supports_check_mode = True
    _requires_connection = True

    def run(self, tmp: str | None = None, task_vars: Mapping[str, Any] | None = None) -> dict[str, Any]:
        """Run the task.

        Args:
            tmp: Unused since Ansible 2.3.
            task_vars: Variables of the host.

        Returns:
            Result of the task.

        Raises:
            AnsibleActionFail: An argument is unknown or has the wrong type.
        """
        result: dict[str, Any] = super().run(tmp, task_vars)
        _, given = self.validate_argument_spec(ARGUMENTS)
        host = (task_vars or {}).get("inventory_hostname", "")
        start, shown, shown_at = time.monotonic(), "", 0.0
        while True:
            answer: dict[str, Any] = self._execute_module(module_args=given, task_vars=task_vars)
            now = time.monotonic()
            seconds = round(now - start)
            if not answer.get("holders") or self._task.check_mode:
                return result | answer | {"seconds": seconds}
            waiting = "; ".join(map(words, answer["holders"]))
            if seconds >= given["timeout"]:
                return result | {"failed": True, "msg": refusal(host, seconds, waiting), "holders": answer["holders"]}
            if waiting != shown or now - shown_at >= REPEAT:
                display.display(f"waiting: [{host}] up to {given['timeout'] - seconds} s for {waiting}")
                shown, shown_at = waiting, now
            time.sleep(min(PAUSE, max(given["timeout"] - seconds, 0.1)))


def refusal(host: str, seconds: int, waiting: str) -> str:
    """Return the error message of a wait that was too long.

    Args:
        host: Inventory name of the host.
        seconds: How long it waited.
        waiting: The processes, as a phrase.
    """
    return (
        f"{host}: waited {seconds} s for {waiting}; no package was installed. Look at that process on the host: let it "
        "finish, or end it if it hangs, and run the playbook again."
    )
