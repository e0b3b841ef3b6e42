"""Lets Docker write its own rules anew where some are missing, if that does no harm."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from . import firewall, notes
from .commands import WatchError

if TYPE_CHECKING:
    from collections.abc import Callable

    from .host import Host

# Seconds between two looks before Docker is restarted: a container that starts or ends just then has no rules yet.
LOOK_AGAIN = 2
# Seconds for Docker's rules to be there after its restart.
RULES_SECONDS = 30
# Something that takes Docker's rules away again and again is not healed by a restart of Docker a minute.
RESTARTS, RESTARTS_SECONDS = 3, 900
RESTARTED = "docker_restarts.json"
COMMAND = "systemctl restart docker"


class DockerRules:
    """A look at Docker's rules."""

    def __init__(self, host: Host, say: Callable[[str], None]) -> None:
        """Take the host, and what prints a line."""
        self.host, self.say = host, say

    def restore(self) -> None:
        """Let Docker write its rules anew if some are missing.

        Raises:
            WatchError: They are missing still.
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
        # The last step says what is to be said of a Docker that does not run.

    def problems(self) -> list[str]:
        """Look at Docker's rules."""
        there = [one for one in self.host.containers() if one.ours and one.status == "running" and not one.cut_off]
        ports = [port for one in there for port in one.ports]
        return firewall.docker_problems(self.host.tables(), self.host.bridge, ports)

    def restart(self, text: str) -> None:
        """Restart Docker, unless that would stop containers, or Docker itself.

        Raises:
            WatchError: It was not restarted, or that did not help.
        """
        if not self.host.live_restore():
            raise WatchError(
                f"{text}. Docker writes them when it starts, but live-restore is off, so a restart would stop all "
                f"containers of this host, running tasks included: run `{COMMAND}` when that is all right"
            )
        try:
            self.host.check_docker_can_start()
        except WatchError as error:
            raise WatchError(
                f"{text}. Docker writes them when it starts, but it would not start again: {error}. Mend that; then it "
                "is restarted"
            ) from error
        _count_restart(text)
        self.say(f"restarting Docker, whose containers run on: {text}")
        started = time.monotonic()
        self.host.restart_docker()
        self.wait()
        self.say(f"Docker's rules are back after {time.monotonic() - started:.1f} s")
        self.ask_user_rules()

    def start_again(self) -> None:
        """Start a Docker that has failed since this program restarted it."""
        self.say("starting Docker, which has failed since its restart")
        self.host.start_docker()

    def wait(self) -> None:
        """Wait until all rules are there.

        Raises:
            WatchError: They are not.
        """
        until = time.monotonic() + RULES_SECONDS
        while problems := self.problems():
            if time.monotonic() > until:
                raise WatchError(f"after a restart of Docker there are still rules missing: {'; '.join(problems)}")
            time.sleep(0.5)

    def ask_user_rules(self) -> None:
        """Let FORWARD ask the chain for rules of others before Docker's own, as it does when Docker is new."""
        if problem := firewall.user_rules_problem(self.host.tables()):
            self.say(f"moving the jump to {firewall.USER_CHAIN}, the chain of your own rules, to the top: {problem}")
            self.host.ask_user_rules_first()


def _restarts() -> list[float]:
    """Return when Docker was restarted lately, by a clock that nobody sets."""
    found = notes.read(RESTARTED)
    times = [when for when in found if isinstance(when, float)] if isinstance(found, list) else []
    return [when for when in times if 0 <= time.monotonic() - when < RESTARTS_SECONDS]


def _count_restart(text: str) -> None:
    """Note that Docker is restarted, and refuse to do it for ever.

    Raises:
        WatchError: It is enough, or nobody could tell when it would be.
    """
    recent = _restarts()
    if len(recent) >= RESTARTS:
        raise WatchError(
            f"{text}. Docker was restarted for that {len(recent)} times within {RESTARTS_SECONDS // 60} minutes: "
            f"find out what removes them, then run `{COMMAND}`"
        )
    try:
        notes.write(RESTARTED, [*recent, time.monotonic()])
    except WatchError as error:
        raise WatchError(
            f"{text}. Docker is not restarted for that, because nobody could count how often: {error}; mend that, or "
            f"run `{COMMAND}`"
        ) from error
