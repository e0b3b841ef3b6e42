"""Starts services that are down, and restarts unhealthy ones."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from . import lives, notes, services
from .commands import WatchError
from .stack import UNIT
from .store import read_pauses

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from .host import Host
    from .pauses import Pause

# Seconds after which a round defers its other actions, as Docker is too slow.
ACT_SECONDS = 120


class Healing:
    """Checks and heals the services."""

    def __init__(self, host: Host, say: Callable[[str], None], fail: Callable[[str], None]) -> None:
        """Store the host, the function that prints a line, and the one that reports a failure."""
        self.host, self.say, self.fail = host, say, fail

    def start_services(self) -> None:
        """Start services that are down, and restart unhealthy ones.

        Raises:
            WatchError: Docker is down or does not answer.
        """
        pauses = read_pauses(datetime.now(UTC), self.say)
        if (state := self.host.docker_state()) != "active":
            raise WatchError(
                f"services cannot be checked: docker.service is {state}; start it with `systemctl start docker`"
            )
        containers = self.host.containers()
        try:
            expected = self.host.expected()
        except WatchError as error:
            self.fail(f"missing services cannot be detected: {error}")
            expected = [one.service for one in containers if one.ours and one.status == "running"]
        busy, failed = self.host.restarts()
        for service in failed:
            self.fail(f"{service} could not be restarted: journalctl -u {UNIT}{service}")
        self.count_ends([one for service in expected if (one := services.of(containers, service))], pauses)
        actions = services.decide(expected, containers, pauses, busy)
        self.check(self.act(actions, {one.service: one.name for one in containers if not one.ours}))

    def act(self, actions: Iterable[services.Action], foreign: dict[str, str]) -> list[str]:
        """Run the actions; return the services expected to be up.

        Args:
            actions: The actions to carry out.
            foreign: Names of containers that only have the labels of the stack, keyed by service.
        """
        done, until = [], time.monotonic() + ACT_SECONDS
        for action in actions:
            if time.monotonic() > until:
                self.fail(f"{action.service} has to wait for the next round: Docker is too slow")
                continue
            if action.do == "create" and action.service in foreign:
                other = foreign[action.service]
                self.fail(
                    f"{action.service} cannot be created, because {other} carries its labels: remove {other}, or "
                    "recreate it without the labels com.docker.compose.*"
                )
                continue
            self.say(action.line)
            try:
                self.do(action)
            except WatchError as error:
                self.fail(f"{action.service}: {error}")
            else:
                done += [action.service] if action.do not in ("", "restart", "replace") else []
        return done

    def do(self, action: services.Action) -> None:
        """Carry out an action."""
        if action.do == "recreate":
            self.host.remove(action.container)
        if action.do == "start":
            self.host.start(action.service, action.container)
        elif action.do in ("create", "recreate"):
            self.host.start(action.service)
        elif action.do == "unpause":
            self.host.unpause(action.container)
        elif action.do == "restart":
            self.host.restart(action.service, action.container)
        elif action.do == "replace":
            self.host.replace(action.service, action.container)

    def check(self, started: list[str]) -> None:
        """Check that the started services run."""
        containers = self.host.containers() if started else []
        for service in started:
            found = services.of(containers, service)
            if found and found.status == "running":
                self.say(f"{service} runs again")
            else:
                state = found.text() if found else "without a container"
                self.fail(f"{service} was started, but is {state}: docker logs airflow-{service}-1")

    def count_ends(self, containers: Sequence[services.Container], pauses: Iterable[Pause]) -> None:
        """Report services that repeatedly exit soon after starting, whatever restarts them."""
        watched = [one for one in containers if not any(pause.covers(one.service) for pause in pauses)]
        known = notes.read(lives.NOTE)
        now = lives.count(known, watched, datetime.now(UTC))
        for line in lives.failures(now, watched):
            self.fail(line)
        if now != known:
            try:
                notes.write(lives.NOTE, now)
            except WatchError as error:
                self.fail(f"service exits cannot be recorded: {error}")
