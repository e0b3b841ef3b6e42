"""One round of the watch: the firewall first, then Docker's own rules, then the services; none depends on another."""

from __future__ import annotations

import json
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from . import firewall, services
from .host import FIREWALL_UNIT, WatchError
from .store import read_pauses

if TYPE_CHECKING:
    from collections.abc import Callable

    from .host import Host

# Seconds between two looks before Docker is restarted: a container that starts or ends just then has no rules yet.
LOOK_AGAIN = 2
# Seconds for Docker's rules to be there after its restart.
RULES_SECONDS = 30
# Something that takes Docker's rules away again and again is not healed by a restart of Docker a minute.
RESTARTS, RESTARTS_SECONDS = 3, 900
RESTARTED = Path("/run/airflow-watch/docker_restarts.json")
COMMAND = "systemctl restart docker"


class Round:
    """One round; ``lines`` and ``failures`` go to the journal."""

    def __init__(self, host: Host, say: Callable[[str], None]) -> None:
        """Take the host, and what prints a line."""
        self.host, self.say = host, say
        self.failures: list[str] = []

    def run(self) -> bool:
        """Do all steps, whatever becomes of one; return whether all succeeded."""
        for step in (self.keep_strangers_out, self.restore_docker_rules, self.start_services):
            try:
                step()
            except WatchError as error:
                self.fail(str(error))
            except Exception as error:
                # A mistake in one step must not keep the others from their work.
                self.fail(f"{step.__name__}: {error!r}")
        return not self.failures

    def fail(self, text: str) -> None:
        """Print why a step failed."""
        self.failures.append(text)
        self.say(f"ERROR: {text}")

    # The stack's own rules.

    def keep_strangers_out(self) -> None:
        """Load the stack's own rules anew if anything is missing of them."""
        if not (problems := self.guard_problems()):
            return
        self.say(f"restarting {FIREWALL_UNIT}: {'; '.join(problems)}")
        self.host.load_firewall()
        if problems := self.guard_problems():
            raise WatchError(
                f"strangers may reach the stack, also after a restart of {FIREWALL_UNIT}: {'; '.join(problems)}"
            )
        self.say("strangers are kept out again")

    def guard_problems(self) -> list[str]:
        """Look at the stack's own rules."""
        return firewall.guard_problems(self.host.tables(), self.host.loaded(), self.host.bridge)

    # Docker's rules.

    def restore_docker_rules(self) -> None:
        """Let Docker write its rules anew if some are missing."""
        if not self.host.has_bridge() or not self.host.docker_manages_rules():
            return
        # Before Docker is asked anything, because its answer may take long.
        if firewall.docker_problems(self.host.tables(), self.host.bridge, ()):
            self.host.lock()
        # The last step says what is to be said of a Docker that does not run.
        if self.host.docker_state() != "active":
            return
        if self.docker_problems():
            time.sleep(LOOK_AGAIN)
        if not (problems := self.docker_problems()):
            self.host.unlock()
            return
        self.host.lock()
        text = f"rules of Docker are missing: {'; '.join(problems)}"
        if not self.host.live_restore():
            raise WatchError(
                f"{text}. Docker writes them when it starts, but live-restore is off, so a restart would stop all "
                f"containers of this host, running tasks included: run `{COMMAND}` when that is all right. "
                "Strangers are kept out meanwhile"
            )
        self.count_restart(text)
        self.say(f"restarting Docker, whose containers run on: {text}")
        started = time.monotonic()
        self.host.restart_docker()
        self.wait_for_rules()
        self.host.unlock()
        self.say(f"Docker's rules are back after {time.monotonic() - started:.1f} s")

    def docker_problems(self) -> list[str]:
        """Look at Docker's rules."""
        ports = [port for one in self.host.containers() if one.status == "running" for port in one.ports]
        return firewall.docker_problems(self.host.tables(), self.host.bridge, ports)

    def wait_for_rules(self) -> None:
        """Wait until all rules are there. Docker puts its own before ours, unless it has started without containers."""
        until = time.monotonic() + RULES_SECONDS
        while True:
            if self.guard_problems():
                self.host.load_firewall()
            if not (problems := self.docker_problems() + self.guard_problems()):
                return
            if time.monotonic() > until:
                raise WatchError(f"after a restart of Docker there are still rules missing: {'; '.join(problems)}")
            time.sleep(0.5)

    def count_restart(self, text: str) -> None:
        """Note that Docker is restarted, and refuse to do it for ever."""
        try:
            before = [when for when in json.loads(RESTARTED.read_text(encoding="utf-8")) if isinstance(when, float)]
        except (OSError, ValueError, TypeError):
            before = []
        recent = [when for when in before if 0 <= time.time() - when < RESTARTS_SECONDS]
        if len(recent) >= RESTARTS:
            raise WatchError(
                f"{text}. Docker was restarted for that {len(recent)} times within {RESTARTS_SECONDS // 60} minutes: "
                f"find out what removes them, then run `{COMMAND}`. Strangers are kept out meanwhile"
            )
        RESTARTED.parent.mkdir(mode=0o755, exist_ok=True)
        RESTARTED.write_text(json.dumps([*recent, time.time()]), encoding="utf-8")

    # The services.

    def start_services(self) -> None:
        """Start what does not run, and restart what is unhealthy."""
        pauses = read_pauses(datetime.now(UTC), self.say)
        if (state := self.host.docker_state()) != "active":
            raise WatchError(
                f"no service can be looked after: docker.service is {state}; `systemctl start docker` starts it"
            )
        containers = self.host.containers()
        try:
            expected = self.host.expected()
        except WatchError as error:
            self.fail(f"what is missing is not known: {error}")
            expected = [one.service for one in containers if one.status == "running"]
        busy, failed = self.host.restarts(expected)
        for service in failed:
            self.fail(f"{service} could not be restarted: journalctl -u airflow-watch-restart-{service}")
        actions = services.decide(expected, containers, pauses, busy)
        done = []
        for action in actions:
            self.say(action.line)
            try:
                self.do(action)
            except WatchError as error:
                self.fail(f"{action.service}: {error}")
            else:
                done += [action.service] if action.do not in ("", "restart") else []
        self.check(done)

    def do(self, action: services.Action) -> None:
        """Do something about a service."""
        if action.do == "recreate":
            self.host.remove(action.container)
        if action.do in ("start", "create", "recreate"):
            self.host.start(action.service)
        elif action.do == "unpause":
            self.host.unpause(action.container)
        elif action.do == "restart":
            self.host.restart(action.service, action.container)

    def check(self, started: list[str]) -> None:
        """Look whether what was started runs."""
        states = {one.service: one for one in self.host.containers()} if started else {}
        for service in started:
            state = states[service].text() if service in states else "without a container"
            if service in states and states[service].status == "running":
                self.say(f"{service} runs again")
            else:
                self.fail(f"{service} was started, and is {state}: docker logs airflow-{service}-1")
