"""Decides what to do about the services of the stack."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from .pauses import Pause

from .firewall import Port

SERVICE_LABEL = "com.docker.compose.service"


class Container(NamedTuple):
    """A container of the stack, as Docker describes it."""

    service: str
    name: str
    status: str
    health: str = ""
    reason: str = ""
    exit_code: int = 0
    ports: tuple[Port, ...] = ()

    def text(self) -> str:
        """Return its state for a person."""
        if self.status == "running":
            return f"running, {self.health}" if self.health else "running"
        return f"exited with code {self.exit_code}" if self.status == "exited" else self.status


class Action(NamedTuple):
    """What is to be done about a service: one of start, create, unpause, restart, or nothing but a line to read."""

    do: str
    service: str
    container: str
    line: str


def container(inspected: dict[str, Any]) -> Container:
    """Read what ``docker inspect`` says of a container."""
    state = inspected["State"]
    health = state.get("Health") or {}
    said = "\n".join(check.get("Output", "") for check in health.get("Log") or [])
    published = inspected.get("NetworkSettings", {}).get("Ports") or {}
    return Container(
        service=inspected["Config"]["Labels"].get(SERVICE_LABEL, ""),
        name=inspected["Name"].lstrip("/"),
        status=state["Status"],
        health=health.get("Status", ""),
        # Docker ends what it prints with an empty line.
        reason=next((line.strip() for line in reversed(said.splitlines()) if line.strip()), "nothing"),
        exit_code=state.get("ExitCode", 0),
        ports=tuple(
            Port(bound["HostIp"], int(bound["HostPort"]), int(port.partition("/")[0]))
            for port, bounds in published.items()
            for bound in bounds or []
            if port.endswith("/tcp") and ":" not in bound["HostIp"]
        ),
    )


def decide(
    expected: Iterable[str], containers: Sequence[Container], pauses: Sequence[Pause], busy: Iterable[str] = ()
) -> list[Action]:
    """Return what is to be done.

    Args:
        expected: Services that the stack's definition wants to run.
        containers: The containers of the stack that there are.
        pauses: The pauses that count.
        busy: Services whose restart is still under way.
    """
    busy = set(busy)
    actions = []
    # Others wait for these, so they come first; none depends on the order.
    for service in sorted(expected, key=lambda name: (name not in ("postgres", "redis"), name)):
        found = next((one for one in containers if one.service == service), None)
        action = (
            Action("", service, "", f"{service}: its restart is still under way")
            if service in busy
            else _of(service, found)
        )
        pause = next((pause for pause in pauses if pause.covers(service)), None)
        if action and action.do and pause:
            state = found.text() if found else "has no container"
            action = Action("", service, "", f"{service} ({state}) is left alone: {pause.text()}")
        if action:
            actions.append(action)
    return actions


def _of(service: str, found: Container | None) -> Action | None:
    """Return what is to be done about a service that nobody has paused."""
    if found is None:
        return Action("create", service, "", f"creating {service}, which has no container")
    if found.status in ("exited", "created"):
        state = found.text() if found.status == "exited" else "created but not started"
        return Action(
            "start", service, found.name, f"starting {service}, which is {state}".replace("is exited", "exited")
        )
    # Neither `docker stop` nor `docker pause` is a pause: whoever wants a service to stay down says until when.
    if found.status == "paused":
        return Action("unpause", service, found.name, f"unpausing {service}, which `docker pause` froze")
    if found.status == "dead":
        return Action("recreate", service, found.name, f"removing and creating {service}, whose container is dead")
    if found.status == "running" and found.health == "unhealthy":
        line = f"restarting {found.name}, whose last health check said: {found.reason}"
        return Action("restart", service, found.name, line)
    # Docker itself goes on with what is restarting or being removed.
    return None
