"""One round of checks: the firewall first, then Docker's own rules, then the services; no step depends on another."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from .commands import WatchError
from .docker_rules import DockerRules
from .firewall import UNIT
from .healing import Healing

if TYPE_CHECKING:
    from collections.abc import Callable

    from .host import Host

# Seconds between two checks of the firewall during the other steps. Docker may hang, and a round then takes minutes.
GUARD_SECONDS = 20


class Round:
    """One round; its messages and failures go to the journal."""

    def __init__(self, host: Host, say: Callable[[str], None]) -> None:
        """Store the host and the function that prints a line."""
        self.host, self.say = host, say
        self.failures: list[str] = []

    def run(self) -> bool:
        """Run all steps, even if one fails; return whether all succeeded."""
        self.step(self.keep_strangers_out)
        # Not before the first check: a restarted Docker would publish ports without the firewall.
        rest = threading.Thread(target=self.look_after_docker, daemon=True)
        rest.start()
        rest.join(GUARD_SECONDS)
        while rest.is_alive():
            self.step(self.keep_strangers_out)
            rest.join(GUARD_SECONDS)
        return not self.failures

    def look_after_docker(self) -> None:
        """Run the steps that wait for Docker."""
        self.step(DockerRules(self.host, self.say).restore)
        self.step(Healing(self.host, self.say, self.fail).start_services)

    def step(self, step: Callable[[], None]) -> None:
        """Run a step and record its failure."""
        try:
            step()
        except WatchError as error:
            self.fail(str(error))
        except Exception as error:
            # A bug in one step must not prevent the others.
            self.fail(f"{getattr(step, '__name__', step)}: {error!r}")

    def fail(self, text: str) -> None:
        """Record and print why a step failed."""
        self.failures.append(text)
        self.say(f"ERROR: {text}")

    def keep_strangers_out(self) -> None:
        """Load the stack's firewall rules again if they are not active.

        Raises:
            WatchError: They are still not active.
        """
        if not (problems := self.host.firewall_problems()):
            return
        self.say(f"loading the firewall again: {'; '.join(problems)}")
        self.host.load_firewall()
        if problems := self.host.firewall_problems():
            raise WatchError(
                f"other hosts may reach the stack, even after its firewall was loaded again: {'; '.join(problems)}; "
                f"see `systemctl status {UNIT}`"
            )
        self.say("the firewall is active again")
