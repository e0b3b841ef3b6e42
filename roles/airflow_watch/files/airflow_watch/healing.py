"""Starts services that are down, and restarts services as their policies allow."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from functools import cache
from typing import TYPE_CHECKING, Any

from . import evidence, lives, notes, policy, records, review, services
from .commands import WatchError
from .stack import CANNOT_START, GAVE_UP, UNIT, flags_of
from .store import read_pauses

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from .host import Host
    from .pauses import Pause

# Actions that end or continue processes, and so count as restarts; the others are starts.
RESTARTS = ("restart", "replace", "continue")


def boot_seconds() -> float:
    """Return the seconds since boot. Nobody sets this clock."""
    return time.clock_gettime(time.CLOCK_BOOTTIME)


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
        found = {service: services.of(containers, service) for service in expected}
        there = [one for one in found.values() if one]
        processes = cache(evidence.processes)
        reviewed = review.Review(
            self.host.policies, records.read(), found, boot_seconds(), processes, unreachable=self.host.unreachable
        )
        self.count_ends(there, pauses, reviewed)
        actions = services.decide(expected, containers, pauses, busy, reviewed)
        self.report_waiting(reviewed, pauses)
        known = self.act(actions, reviewed.records, {one.service: one.name for one in containers if not one.ours})
        self.note(records.write, known, "restarts")
        self.update_flags(found, known, reviewed.gave_up)

    def report_waiting(self, reviewed: review.Review, pauses: Sequence[Pause]) -> None:
        """Report each server that is away and not paused in one line, with the services that wait for it."""
        for server, waiting in reviewed.waiting.items():
            if any(pause.covers(server) for pause in pauses):
                continue
            services_waiting = ", ".join(sorted(waiting))
            self.fail(f"{server} is away; waiting for it, and therefore not restarted: {services_waiting}")

    def act(
        self, actions: Sequence[services.Action], known: Mapping[str, policy.Record], foreign: Mapping[str, str]
    ) -> dict[str, policy.Record]:
        """Carry out the actions at the same time, so that none waits for another; return the records.

        Args:
            actions: The actions.
            known: The records of all services.
            foreign: Names of containers that only have the labels of the stack, keyed by service.
        """
        reasons: dict[str, str] = {}
        with ThreadPoolExecutor(max_workers=max(1, len(actions))) as pool:
            for action, reason in pool.map(lambda action: (action, self.attempt(action, foreign)), actions):
                reasons.update({action.service: reason} if action.do else {})
        started = [one.service for one in actions if one.do and one.do not in RESTARTS and not reasons[one.service]]
        try:
            reasons.update(self.check(started))
        except WatchError as error:
            self.fail(f"it is unknown whether {', '.join(started)} run: {error}")
        now, after = boot_seconds(), dict(known)
        for action in actions:
            if action.do in RESTARTS:
                record = after[action.service]
                after[action.service] = record._replace(restarts=(*record.restarts, now))
            elif action.do:
                after[action.service] = policy.started(after[action.service], reasons[action.service], now)
        return after

    def attempt(self, action: services.Action, foreign: Mapping[str, str]) -> str:
        """Carry out an action; return why it failed, empty if it did not."""
        if action.do == "create" and action.service in foreign:
            other = foreign[action.service]
            reason = (
                f"{other} carries its labels: remove {other}, or recreate it without the labels com.docker.compose.*"
            )
            self.fail(f"{action.service} cannot be created, because {reason}")
            return reason
        (self.fail if action.failure else self.say)(action.line)
        try:
            self.do(action)
        except Exception as error:
            # A bug must not keep the other services down.
            reason = str(error) if isinstance(error, WatchError) else repr(error)
            self.fail(f"{action.service}: {reason}")
            return reason
        return ""

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
        elif action.do == "continue":
            self.host.proceed(action.pids)
        elif action.do == "restart":
            self.host.restart(action.service, action.container, action.seconds)
        elif action.do == "replace":
            self.host.replace(action.service, action.container)

    def check(self, started: list[str]) -> dict[str, str]:
        """Check that the started services run; return why they do not, keyed by service."""
        containers, reasons = self.host.containers() if started else [], {}
        for service in started:
            found = services.of(containers, service)
            if found and found.status == "running":
                self.say(f"{service} runs again")
            else:
                state = found.text() if found else "without a container"
                reasons[service] = f"it is {state}: docker logs airflow-{service}-1"
                self.fail(f"{service} was started, but {reasons[service]}")
        return reasons

    def update_flags(
        self,
        found: Mapping[str, services.Container | None],
        known: Mapping[str, policy.Record],
        gave_up: Mapping[str, str],
    ) -> None:
        """Let a unit fail for each service that needs a person, and reset the units of services that work.

        Args:
            found: The containers of the expected services, as the round found them.
            known: The records after the round.
            gave_up: Reasons by service for which healing gave up.
        """
        wanted = {f"{GAVE_UP}{service}": text for service, text in gave_up.items()}
        for service, record in known.items():
            if record.failed >= policy.STARTS:
                wanted[f"{CANNOT_START}{service}"] = f"{record.failed} starts of {service} failed: {record.why}"
        broken = [service for service, one in found.items() if not review.works(one)]
        valid = {name for service in broken for name in flags_of(service)}
        there = self.host.flags()
        for name in sorted(set(wanted) - there):
            self.host.flag(name, wanted[name])
        for name in sorted(there - valid):
            self.host.unflag(name)
            self.say(f"{name} is over: the service works")

    def count_ends(
        self, containers: Sequence[services.Container], pauses: Iterable[Pause], reviewed: review.Review
    ) -> None:
        """Report services that repeatedly exit soon after starting, unless they only wait for a server."""
        paused = [one.service for one in containers if any(pause.covers(one.service) for pause in pauses)]
        known = notes.read(lives.NOTE)
        now = lives.count(known, containers, datetime.now(UTC), paused)
        for service, line in lives.failures(now, [one for one in containers if one.service in now]).items():
            if not reviewed.waits(service):
                self.fail(line)
        if now != known:
            self.note(lambda new: notes.write(lives.NOTE, new), now, "service exits")

    def note(self, write: Callable[[Any], None], note: Any, what: str) -> None:
        """Write a note, and report if that fails."""
        try:
            write(note)
        except WatchError as error:
            self.fail(f"{what} cannot be recorded: {error}")
