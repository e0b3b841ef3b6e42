"""One round of the watch: the firewall first, then Docker's own rules, then the services; none depends on another."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from . import firewall
from .commands import WatchError
from .docker_rules import DockerRules
from .healing import Healing

if TYPE_CHECKING:
    from collections.abc import Callable

    from .host import Host

# Seconds between two looks at the firewall while Docker is asked. It may hang, and then the round lasts for minutes.
GUARD_SECONDS = 20


class Round:
    """One round; lines and failures go to the journal."""

    def __init__(self, host: Host, say: Callable[[str], None]) -> None:
        """Take the host, and what prints a line."""
        self.host, self.say = host, say
        self.failures: list[str] = []

    def run(self) -> bool:
        """Do all steps, whatever becomes of one; return whether all succeeded."""
        self.step(self.keep_strangers_out)
        # Not before the first look: a Docker that starts again opens what nobody guards.
        rest = threading.Thread(target=self.look_after_docker, daemon=True)
        rest.start()
        rest.join(GUARD_SECONDS)
        while rest.is_alive():
            self.step(self.keep_strangers_out)
            rest.join(GUARD_SECONDS)
        return not self.failures

    def look_after_docker(self) -> None:
        """Do the steps that wait for Docker."""
        self.step(DockerRules(self.host, self.say).restore)
        self.step(Healing(self.host, self.say, self.fail).start_services)

    def step(self, step: Callable[[], None]) -> None:
        """Do a step."""
        try:
            step()
        except WatchError as error:
            self.fail(str(error))
        except Exception as error:
            # A mistake in one step must not keep the others from their work.
            self.fail(f"{getattr(step, '__name__', step)}: {error!r}")

    def fail(self, text: str) -> None:
        """Print why a step failed."""
        self.failures.append(text)
        self.say(f"ERROR: {text}")

    def keep_strangers_out(self) -> None:
        """Load the stack's own rules anew if anything is missing of them.

        Raises:
            WatchError: Something is missing still.
        """
        if not (problems := self.guard_problems()):
            return
        self.say(f"loading the rules of {firewall.PROGRAM} again: {'; '.join(problems)}")
        self.host.load_firewall()
        if problems := self.guard_problems():
            raise WatchError(
                f"strangers may reach the stack, also with the rules of {firewall.PROGRAM} loaded again: "
                f"{'; '.join(problems)}"
            )
        self.say("strangers are kept out again")

    def guard_problems(self) -> list[str]:
        """Look at the stack's own rules."""
        return firewall.guard_problems(self.host.tables(), self.host.loaded())
