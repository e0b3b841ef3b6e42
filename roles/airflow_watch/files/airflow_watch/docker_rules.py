"""Restores missing firewall rules of Docker by restarting Docker, if that is safe."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from . import iptables, notes
from .commands import WatchError

if TYPE_CHECKING:
    from collections.abc import Callable

    from .host import Host
    from .services import Container

# Seconds between two checks before a restart of Docker: a container that is just starting or ending may have no rules.
LOOK_AGAIN = 2
# Seconds to wait for Docker's rules after its restart.
RULES_SECONDS = 30
# If something removes Docker's rules again and again, restarting Docker every minute does not help.
RESTARTS, RESTARTS_SECONDS = 3, 900
RESTARTED = "docker_restarts.json"
COMMAND = "systemctl restart docker"
# Services whose restart ends running tasks.
WITH_TASKS = ("worker",)


class DockerRules:
    """Checks and restores Docker's rules."""

    def __init__(self, host: Host, say: Callable[[str], None]) -> None:
        """Store the host and the function that prints a line."""
        self.host, self.say = host, say

    def restore(self) -> None:
        """Restart Docker if some of its rules are missing.

        Raises:
            WatchError: Rules are still missing.
        """
        if not self.host.has_bridge() or not self.host.docker_manages_rules():
            return
        if (state := self.host.docker_state()) == "failed" and _restarts():
            self.start_again()
        elif state == "active":
            self.ask_user_rules()
            if self.problems():
                time.sleep(LOOK_AGAIN)
            if problems := self.problems():
                self.restart(f"rules of Docker are missing: {'; '.join(problems)}")
        # If Docker is down, the last step of the round reports it.

    def problems(self) -> list[str]:
        """Return which of Docker's rules are missing."""
        ports = [port for one in self._published() for port in one.ports]
        return iptables.docker_problems(self.host.tables(), self.host.bridge, ports)

    def _published(self) -> list[Container]:
        """Return the containers whose published ports need rules."""
        return [one for one in self.host.containers() if one.ours and one.status == "running" and not one.cut_off]

    def restart(self, text: str) -> None:
        """Restart Docker, unless that would stop containers or Docker would not start again.

        Raises:
            WatchError: Docker was not restarted, or rules are still missing.
        """
        if not self.host.live_restore():
            raise WatchError(
                f"{text}. Docker creates them when it starts, but live-restore is off, so a restart would stop all "
                f"containers of this host, including running tasks: run `{COMMAND}` when that is acceptable"
            )
        try:
            self.host.check_docker_can_start()
        except WatchError as error:
            raise WatchError(
                f"{text}. Docker creates them when it starts, but it would not start again: {error}. Fix that; Docker "
                "is then restarted"
            ) from error
        _count_restart(text)
        self.say(f"restarting Docker while its containers keep running: {text}")
        started = time.monotonic()
        self.host.restart_docker()
        if self.wait():
            self.say(f"Docker's rules are back after {time.monotonic() - started:.1f} s")
        else:
            self.publish_again()
        self.ask_user_rules()

    def start_again(self) -> None:
        """Start Docker again after it failed since a restart by this program."""
        self.say("starting Docker, which has failed since its restart")
        self.host.start_docker()

    def wait(self) -> bool:
        """Wait until no rule is missing, and return whether that is so."""
        until = time.monotonic() + RULES_SECONDS
        while self.problems():
            if time.monotonic() > until:
                return False
            time.sleep(0.5)
        return True

    def publish_again(self) -> None:
        """Restart the containers whose published ports have no rules.

        If Docker loses its rules while it starts, it keeps the containers, and gives up their ports for good.

        Raises:
            WatchError: Other rules are missing as well, or a worker would have to stop its tasks.
        """
        tables, bridge = self.host.tables(), self.host.bridge
        lost = [one for one in self._published() if iptables.port_problems(tables, bridge, one.ports)]
        if not lost or iptables.docker_problems(tables, bridge, []):
            text = "; ".join(self.problems())
            raise WatchError(f"rules are still missing after a restart of Docker: {text}")
        for one in lost:
            if one.service in WITH_TASKS:
                raise WatchError(
                    f"the published ports of {one.service} have no rules after a restart of Docker: run "
                    f"`docker restart {one.name}`, which ends its running tasks after a while, when that is acceptable"
                )
            self.say(f"restarting {one.service}, whose published ports Docker has given up")
            self.host.restart(one.service, one.name, 0)

    def ask_user_rules(self) -> None:
        """Make FORWARD jump to DOCKER-USER before Docker's own chains, as on a new Docker."""
        if problem := iptables.user_rules_problem(self.host.tables()):
            self.say(f"moving the jump to {iptables.USER_CHAIN}, the chain for your own rules, to the top: {problem}")
            self.host.ask_user_rules_first()


def _restarts() -> list[float]:
    """Return the times of Docker's recent restarts, by a clock that cannot be set."""
    found = notes.read(RESTARTED)
    times = [when for when in found if isinstance(when, float)] if isinstance(found, list) else []
    return [when for when in times if 0 <= time.monotonic() - when < RESTARTS_SECONDS]


def _count_restart(text: str) -> None:
    """Record a restart of Docker, and refuse it if there were too many recently.

    Raises:
        WatchError: The limit is reached, or the restart cannot be recorded.
    """
    recent = _restarts()
    if len(recent) >= RESTARTS:
        raise WatchError(
            f"{text}. Docker was restarted for this {len(recent)} times within {RESTARTS_SECONDS // 60} minutes: "
            f"find out what removes the rules, then run `{COMMAND}`"
        )
    try:
        notes.write(RESTARTED, [*recent, time.monotonic()])
    except WatchError as error:
        raise WatchError(
            f"{text}. Docker is not restarted, because the number of restarts cannot be recorded: {error}; fix that, "
            f"or run `{COMMAND}`"
        ) from error
