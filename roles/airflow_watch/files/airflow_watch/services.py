"""Decides what to do about the services of the stack."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from .pauses import Pause

from .iptables import Port

SERVICE_LABEL = "com.docker.compose.service"


class Container(NamedTuple):
    """A container with the labels of the stack, as Docker describes it.

    ``ours`` is false if compose did not create the container: an image made from a container keeps its labels.
    ``reason`` is the last line of the last health checks. ``cut_off`` is true if the container runs outside of its
    network. ``restarts`` counts Docker's own restarts. ``pid`` is its first process on the host.
    """

    service: str
    name: str
    status: str
    health: str = ""
    reason: str = ""
    exit_code: int = 0
    ports: tuple[Port, ...] = ()
    ours: bool = True
    cut_off: bool = False
    started: str = ""
    finished: str = ""
    restarts: int = 0
    pid: int = 0

    def text(self) -> str:
        """Return the state as text for people."""
        if self.status == "running":
            health = f"running, {self.health}" if self.health else "running"
            return f"{health}, outside of the stack's network" if self.cut_off else health
        return f"exited with code {self.exit_code}" if self.status == "exited" else self.status


class Action(NamedTuple):
    """An action for a service.

    ``do`` is one of start, create, recreate, unpause, continue, restart, replace; or empty, if there is at most a line
    to print. The line is a failure of the round if ``failure`` is true. ``seconds`` limits the stop of a restart; with
    0, the container's own limit applies. ``pids`` are the processes to continue.
    """

    do: str
    service: str
    container: str
    line: str
    failure: bool = False
    seconds: int = 0
    pids: tuple[int, ...] = ()


def container(inspected: dict[str, Any], project: str, network: str) -> Container:
    """Return a container from the output of ``docker inspect``.

    Args:
        inspected: An entry of the output's list.
        project: Name of the compose project.
        network: Name of the stack's network; empty if it is not known.
    """
    state, settings = inspected["State"], inspected.get("NetworkSettings", {})
    health = state.get("Health") or {}
    said = "\n".join(check.get("Output", "") for check in health.get("Log") or [])
    service, name = inspected["Config"]["Labels"].get(SERVICE_LABEL, ""), inspected["Name"].lstrip("/")
    made_for, there = inspected.get("HostConfig", {}).get("NetworkMode"), settings.get("Networks") or {}
    return Container(
        service=service,
        name=name,
        status=state["Status"],
        health=health.get("Status", ""),
        # The output of a health check ends with an empty line.
        reason=next((line.strip() for line in reversed(said.splitlines()) if line.strip()), "nothing"),
        exit_code=state.get("ExitCode", 0),
        ports=_ports(settings.get("Ports") or {}),
        # Compose prefixes the name with an id while it replaces a container.
        ours=bool(re.fullmatch(rf"([0-9a-f]+_)?{re.escape(f'{project}-{service}')}-[0-9]+", name)),
        cut_off=state["Status"] == "running" and made_for == network and network not in there,
        started=state.get("StartedAt", ""),
        finished=state.get("FinishedAt", ""),
        restarts=inspected.get("RestartCount", 0),
        pid=state.get("Pid", 0),
    )


def _ports(published: dict[str, Any]) -> tuple[Port, ...]:
    return tuple(
        Port(bound["HostIp"], int(bound["HostPort"]), int(port.partition("/")[0]))
        for port, bounds in published.items()
        for bound in bounds or []
        if port.endswith("/tcp") and ":" not in bound["HostIp"]
    )


def of(containers: Iterable[Container], service: str) -> Container | None:
    """Return the container of a service: the one with the regular name, PROJECT-SERVICE-1, if there are others.

    Compose can leave a renamed one behind, and `docker compose up --scale` creates more.
    """
    found = [one for one in containers if one.ours and one.service == service]
    return min(found, key=lambda one: (len(one.name), one.name), default=None)


def decide(
    expected: Iterable[str],
    containers: Sequence[Container],
    pauses: Sequence[Pause],
    busy: Iterable[str] = (),
    review: Callable[[Action, Container | None], Action] = lambda action, _: action,
) -> list[Action]:
    """Return the actions of a round.

    Args:
        expected: Services that should run according to compose.yml.
        containers: The existing containers of the stack.
        pauses: The active pauses.
        busy: Services whose restart is still under way.
        review: Returns what to do instead of an action for a service that is not paused.
    """
    busy = set(busy)
    actions = []
    # Other services wait for these, so they come first; no action depends on the order.
    for service in sorted(expected, key=lambda name: (name not in ("postgres", "redis"), name)):
        found = of(containers, service)
        action = (
            Action("", service, "", f"{service}: its restart is still under way")
            if service in busy
            else _of(service, found)
        )
        pause = next((pause for pause in pauses if pause.covers(service)), None)
        if action and action.do and pause:
            state = found.text() if found else "has no container"
            action = Action("", service, "", f"{service} ({state}) is left alone: {pause.text()}")
        elif action and action.do:
            action = review(action, found)
        if action and (action.do or action.line):
            actions.append(action)
    return actions


def _of(service: str, found: Container | None) -> Action | None:
    """Return the action for a service that is not paused."""
    if found is None:
        return Action("create", service, "", f"creating {service}, which has no container")
    do, line = "", ""
    # Neither `docker stop` nor `docker pause` counts as a pause: to keep a service down, pause it with an end.
    if found.status == "exited":
        do, line = "start", f"starting {service}, which {found.text()}"
    elif found.status == "created":
        do, line = "start", f"starting {service}, which is created but not started"
    elif found.status == "paused":
        do, line = "unpause", f"unpausing {service}, which `docker pause` froze"
    elif found.status == "dead":
        do, line = "recreate", f"removing and creating {service}, whose container is dead"
    elif found.cut_off:
        # It has no connection to other services, and a restart would not reconnect it.
        do, line = "replace", f"replacing {found.name}, which is no longer in the stack's network"
    elif found.status == "running" and found.health == "unhealthy":
        do, line = "restart", f"restarting {found.name}, whose health check said: {found.reason}"
    # Docker itself completes restarts and removals.
    return Action(do, service, found.name, line) if do else None
