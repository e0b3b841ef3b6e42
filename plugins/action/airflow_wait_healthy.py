"""Action plugin: wait until the services of a compose project are healthy, and print those that are not."""

from __future__ import annotations

import json
import shlex
import time
from typing import Any

from ansible.errors import AnsibleActionFail
from ansible.plugins.action import ActionBase
from ansible.utils.display import Display

ARGUMENTS = {
    "project": {"type": "str", "required": True},
    "services": {"type": "list", "elements": "str", "required": True},
    "timeout": {"type": "int", "required": True},
}
# Seconds between two checks, and between two lines of output while nothing changes.
PAUSE = 2
REPEAT = 30

display = Display()


def waiting_for(services: list[str], containers: list[dict[str, Any]]) -> dict[str, str]:
    """Return the services that are not healthy yet, each with the state of its container.

    Args:
        services: Names of the compose services to wait for.
        containers: Output of ``docker inspect`` for the project's containers.

    Returns:
        State by service, such as ``starting``. Empty when all services are healthy.
    """
    states = {}
    for container in containers:
        state = container["State"]
        word = state.get("Health", {}).get("Status", state["Status"]) if state["Running"] else state["Status"]
        states[container["Config"]["Labels"]["com.docker.compose.service"]] = word
    found = {service: states.get(service, "no container") for service in services}
    # The best state of a service without a health check is running.
    return {service: word for service, word in found.items() if word not in ("healthy", "running")}


def addresses(containers: list[dict[str, Any]]) -> dict[str, dict[str, str]]:
    """Return the IP addresses of running containers, by service and network.

    Args:
        containers: Output of ``docker inspect`` for the project's containers.
    """
    found = {}
    for container in containers:
        networks = container["NetworkSettings"]["Networks"]
        service = container["Config"]["Labels"]["com.docker.compose.service"]
        found[service] = {name: network["IPAddress"] for name, network in networks.items() if network["IPAddress"]}
    return found


def last_words(container: dict[str, Any]) -> str:
    """Return the output of a container's last health check. Empty if there is none."""
    log = container["State"].get("Health", {}).get("Log") or [{"Output": ""}]
    return str(log[-1]["Output"]).strip()


class ActionModule(ActionBase):
    """Checks the containers from the controller, so that it can print while it waits."""

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        """Run the task; the options are in plugins/modules/airflow_wait_healthy.py."""
        result = super().run(tmp, task_vars)
        _spec, options = self.validate_argument_spec(ARGUMENTS)
        project, services, timeout = options["project"], options["services"], options["timeout"]
        if not services:
            return {**result, "changed": False, "seconds": 0, "addresses": {}}
        start = shown_at = time.monotonic()
        shown: dict[str, str] = {}
        containers = self._containers_if_any(project) if self._task.check_mode else self._containers(project)
        while (waiting := waiting_for(services, containers)) and not self._task.check_mode:
            now = time.monotonic()
            if now - start > timeout:
                raise AnsibleActionFail(self._report(project, waiting, now - start, task_vars or {}))
            if waiting != shown or now - shown_at > REPEAT:
                self._show(waiting, now - start, task_vars or {})
                shown, shown_at = waiting, now
            time.sleep(PAUSE)
            containers = self._containers(project)
        seconds = round(time.monotonic() - start)
        return {**result, "changed": False, "seconds": seconds, "addresses": addresses(containers)}

    def _docker(self, arguments: str) -> str:
        """Return the output of a docker command on the host."""
        outcome = self._low_level_execute_command(f"docker {arguments}", sudoable=True)
        if outcome["rc"] != 0:
            raise AnsibleActionFail(f"`docker {arguments}` failed: {outcome['stderr'].strip()}")
        return str(outcome["stdout"])

    def _containers(self, project: str) -> list[dict[str, Any]]:
        """Return the output of ``docker inspect`` for the project's long-lived containers."""
        label = shlex.quote(f"label=com.docker.compose.project={project}")
        ids = self._docker(f"ps -aq --filter {label} --filter label=com.docker.compose.oneoff=False").split()
        found: list[dict[str, Any]] = json.loads(self._docker(f"inspect {' '.join(ids)}")) if ids else []
        return found

    def _containers_if_any(self, project: str) -> list[dict[str, Any]]:
        """Return the same, or nothing if Docker does not answer; in check mode it may not be installed yet."""
        try:
            return self._containers(project)
        except AnsibleActionFail:
            return []

    def _show(self, waiting: dict[str, str], seconds: float, task_vars: dict[str, Any]) -> None:
        """Print one line with the services that are not healthy yet."""
        states = ", ".join(f"{service} ({word})" for service, word in sorted(waiting.items()))
        display.display(f"waiting: [{task_vars.get('inventory_hostname')}] {seconds:.0f} s, not healthy yet: {states}")

    def _report(self, project: str, waiting: dict[str, str], seconds: float, task_vars: dict[str, Any]) -> str:
        """Return the error message: the unhealthy services, their last check, and the end of their logs."""
        lines = [f"{task_vars.get('inventory_hostname')}: not healthy after {seconds:.0f} s:"]
        for container in self._containers(project):
            service = container["Config"]["Labels"]["com.docker.compose.service"]
            if service not in waiting:
                continue
            name = container["Name"].lstrip("/")
            logs = self._docker(f"logs --tail 15 {name} 2>&1").rstrip()
            lines += [f"- {service} ({waiting[service]}), last check: {last_words(container) or 'none yet'}", logs]
            lines.append(f"  Full log on the host: docker logs {name}")
        missing = [service for service, word in waiting.items() if word == "no container"]
        lines += [f"- {service} has no container; see `docker compose ls` on the host." for service in missing]
        return "\n".join(lines)
