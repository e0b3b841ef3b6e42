"""Action plugin of airflow_lock; the documentation is in plugins/modules/airflow_lock.py."""

from __future__ import annotations

import os
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from ansible.errors import AnsibleActionFail, AnsibleConnectionFailure
from ansible.plugins.action import ActionBase
from ansible.utils.display import Display
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.host.lock import (
    ARGUMENTS,
    LockError,
    description,
)
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.host.lock_messages import (
    overtaken,
    refusal,
    words,
)
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.host.processes import has_ended, same_run

# Seconds between two checks of another run's lock.
PAUSE = 5.0

display = Display()


class ActionModule(ActionBase):
    """Describes this run, and acquires or releases the lock for it."""

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
            AnsibleActionFail: An argument is wrong, the lock file cannot be used, or another run holds the lock.
        """
        result: dict[str, Any] = super().run(tmp, task_vars)
        _, given = self.validate_argument_spec(ARGUMENTS)
        if self._task.check_mode:
            return result | {"changed": False, "holder": {}, "last": "", "replaced": {}}
        try:
            # A task runs in a process of its own, which ansible-playbook has forked.
            run = description(os.getppid(), given["playbook"], f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}")
        except LockError as error:
            raise AnsibleActionFail(str(error)) from error
        if given["state"] == "free":
            return result | self._release(given, run, task_vars)
        return result | self._acquire(given, run, task_vars)

    def _call(
        self, given: Mapping[str, Any], run: Mapping[str, Any], task_vars: Mapping[str, Any] | None, replace: str = ""
    ) -> dict[str, Any]:
        """Call the module on the host; its failure is the task's."""
        if os.getppid() != run["pid"]:
            raise AnsibleActionFail("this run was killed, so it does not lock the stack.")
        arguments = {name: given[name] for name in ("state", "path", "seen", "remove") if given[name] is not None}
        try:
            answer: dict[str, Any] = self._execute_module(
                module_name="ansible_airflow.airflow.airflow_lock_file",
                module_args={**arguments, "run": dict(run), "replace": replace},
                task_vars=task_vars,
            )
        except AnsibleConnectionFailure as error:
            raise AnsibleActionFail(
                f"Ansible cannot reach the host with the lock {given['path']}; nothing was changed. {error}"
            ) from error
        if answer.get("failed") or answer.get("unreachable"):
            raise AnsibleActionFail(answer.get("msg", "the lock cannot be read; nothing was changed."))
        answer.pop("invocation", None)
        return answer

    def _acquire(
        self, given: Mapping[str, Any], run: Mapping[str, Any], task_vars: Mapping[str, Any] | None
    ) -> dict[str, Any]:
        """Acquire the lock, or with the state `seen` wait until it can be acquired.

        The lock of an exited run is replaced. For a running one, wait up to ``wait`` seconds.
        """
        until = time.monotonic() + given["wait"]
        replaced: dict[str, Any] = {}
        answer = self._call(given, run, task_vars, given["break"])
        while (holder := answer["holder"]) and not same_run(holder, run):
            if has_ended(holder, run) or holder["id"] == given["break"]:
                if given["state"] == "seen":
                    break
                replaced = holder
                answer = self._call(given, run, task_vars, holder["id"])
                continue
            left = until - time.monotonic()
            if left <= 0:
                raise AnsibleActionFail(refusal(holder, given["path"]))
            display.display(f"waiting up to {left:.0f} s for another run to finish: {words(holder)}")
            time.sleep(min(PAUSE, left))
            answer = self._call(given, run, task_vars, given["break"])
        if given["state"] == "held" and not holder:
            raise AnsibleActionFail(overtaken(given["path"]))
        if replaced and holder["id"] == run["id"]:
            display.display(f"an earlier run did not finish, its lock was replaced: {words(replaced)}")
        return answer | {"replaced": replaced}

    def _release(
        self, given: Mapping[str, Any], run: Mapping[str, Any], task_vars: Mapping[str, Any] | None
    ) -> dict[str, Any]:
        """Release the lock, and warn if it was broken meanwhile."""
        answer = self._call(given, run, task_vars)
        holder = answer["holder"]
        if not holder or not same_run(holder, run):
            now = f"held by {words(holder)}" if holder else "gone"
            broken = f"The lock of this run was broken; it is {now}. Compare the hosts by site.yml --check --diff."
            answer["warnings"] = [*answer.get("warnings", []), broken]
        return answer | {"replaced": {}}
