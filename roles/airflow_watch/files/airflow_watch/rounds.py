"""One round of checks: firewall, Docker's own rules, services, containers of tasks; no step depends on another."""

from __future__ import annotations

import threading
from functools import partial
from typing import TYPE_CHECKING

from .commands import WatchError
from .docker_rules import DockerRules
from .firewall import UNIT
from .healing import Healing
from .orphans import Orphans
from .reserve import Reserve

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
        # The same with the name of the step, for alerts.
        self.failed_steps: list[tuple[str, str]] = []

    def run(self) -> bool:
        """Run all steps, even if one fails; return whether all succeeded."""
        self.step(self.keep_strangers_out)
        self.step(self.read_settings)
        # Not before the first check: a restarted Docker would publish ports without the firewall.
        rest = threading.Thread(target=self.look_after_docker, daemon=True)
        rest.start()
        rest.join(GUARD_SECONDS)
        while rest.is_alive():
            self.step(self.keep_strangers_out)
            rest.join(GUARD_SECONDS)
        return not self.failures

    def look_after_docker(self) -> None:
        """Run the steps that wait for Docker, and before them the one for Postgres' disk, which does not."""
        self.step(Reserve(self.host, self.say).keep_reserve)
        self.step(DockerRules(self.host, self.say).restore)
        # It carries out its actions in threads, so it names its step itself.
        fail = partial(self.fail, step=Healing.start_services.__name__)
        self.step(Healing(self.host, self.say, fail).start_services)
        # Last: it asks the database through a service that the step before may have started.
        fail = partial(self.fail, step=Orphans.stop_leftovers.__name__)
        self.step(Orphans(self.host, self.say, fail).stop_leftovers)

    def step(self, step: Callable[[], None]) -> None:
        """Run a step and record its failure."""
        name = getattr(step, "__name__", str(step))
        try:
            step()
        except WatchError as error:
            self.fail(str(error), name)
        except Exception as error:
            # A bug in one step must not prevent the others.
            self.fail(f"{name}: {error!r}", name)

    def fail(self, text: str, step: str) -> None:
        """Record and print why a step failed."""
        self.failures.append(text)
        self.failed_steps.append((step, text))
        self.say(f"ERROR: {text}")

    def read_settings(self) -> None:
        """Report settings that could not be read; the round uses the last ones that could.

        Raises:
            WatchError: They could not be read.
        """
        if self.host.settings_problem:
            raise WatchError(f"{self.host.settings_problem}; the settings from before are used")

    def keep_strangers_out(self) -> None:
        """Load the stack's firewall rules again if they are not active.

        Raises:
            WatchError: They are still not active.
        """
        if not (problems := self.host.firewall_problems()):
            return
        self.say(f"loading the firewall again: {'; '.join(problems)}")
        self.host.load_firewall(problems)
        if problems := self.host.firewall_problems():
            raise WatchError(
                f"other hosts may reach the stack, even after its firewall was loaded again: {'; '.join(problems)}; "
                f"see `systemctl status {UNIT}`"
            )
        self.say("the firewall is active again")
