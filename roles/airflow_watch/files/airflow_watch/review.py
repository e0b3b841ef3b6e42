"""Reviews the actions of a round by the policies of the services and by what happened to them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from . import policy
from .evidence import Evidence, parse, stopped, tasks
from .policy import Policy, Record

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping, Sequence

    from .evidence import Process
    from .services import Action, Container

# Seconds that a worker without tasks gets to stop before it is killed. With tasks, it gets its grace period.
IDLE_STOP_SECONDS = 60
NOTHING = Evidence("", "")


def works(one: Container | None) -> bool:
    """Return whether a service works, as far as Docker knows."""
    return one is not None and one.status == "running" and one.health in ("", "healthy") and not one.cut_off


def evidence_of(one: Container | None) -> Evidence:
    """Return why the health check of a service fails; empty unless Docker takes the service for unhealthy."""
    return parse(one.reason) if one and one.status == "running" and one.health == "unhealthy" else NOTHING


class Review:
    """The review of one round. It changes nothing; it collects what to report about several services."""

    def __init__(
        self,
        policies: Mapping[str, Policy],
        records: Mapping[str, Record],
        found: Mapping[str, Container | None],
        now: float,
        processes: Callable[[], Sequence[Process]],
        *,
        unreachable: Callable[[], Collection[str]] = tuple,
    ) -> None:
        """Look at all services.

        Args:
            policies: The policies by service.
            records: The records of the last round by service.
            found: The containers of all expected services.
            now: Seconds since boot.
            processes: Returns the host's processes; called only if a service fails its health check.
            unreachable: Returns the servers on other hosts that accept no connection; called only if a service does
                not work.
        """
        self.policies, self.now, self.processes = policies, now, processes
        self.away = {name for name, one in found.items() if not works(one)}
        self.away |= set(unreachable()) if self.away else set()
        # Services that wait, by the server that they wait for; and reasons by service for which healing gave up.
        self.waiting: dict[str, set[str]] = {}
        self.gave_up: dict[str, str] = {}
        for name, one in found.items():
            # Docker restarts it again and again, because it exits without the server.
            if one and one.status == "restarting":
                self.waits(name)
        self.records = {name: self._observed(name, one, records.get(name, Record())) for name, one in found.items()}

    def waits(self, service: str) -> bool:
        """Note that a service waits, if a server that it needs is away."""
        return self._waits(service, policy.waiting_for(self._policy(service), NOTHING, self.away))

    def _waits(self, service: str, server: str) -> bool:
        """Note that a service waits for a server, if there is one."""
        if server:
            self.waiting.setdefault(server, set()).add(service)
        return bool(server)

    def _observed(self, service: str, one: Container | None, record: Record) -> Record:
        evidence = self._evidence(one)
        away = policy.waiting_for(self._policy(service), evidence, self.away)
        return policy.observe(record, evidence.kind, self.now, away=bool(away))

    def _policy(self, service: str) -> Policy:
        return self.policies.get(service, Policy())

    def _evidence(self, one: Container | None) -> Evidence:
        """Return why the check of a service fails. A worker whose tasks run may only be busy."""
        found = evidence_of(one)
        if one and found.kind == "hangs" and (number := tasks(one.pid, self.processes())):
            return Evidence("busy", f"{found.text} (it runs {number} tasks)")
        return found

    def __call__(self, action: Action, one: Container | None) -> Action:
        """Return the action to carry out for a service that is not paused; perhaps only a line."""
        if action.do == "restart" and one:
            return self._restart(action, one)
        record = self.records[action.service]
        if action.do == "replace":
            wait = policy.may_restart_at(record, self._policy(action.service)) - self.now
            why = "it was restarted or replaced before"
        else:
            wait = policy.start_again_at(record) - self.now
            why = f"{record.failed} starts failed, the last one: {record.why}"
        if wait <= 0:
            return action
        return self._not_yet(action, f"{action.service} waits for another {wait:.0f} s until the next attempt: {why}")

    def _not_yet(self, action: Action, line: str) -> Action:
        """Return a failure instead of an action; healing gives up if the service has no restarts left."""
        if policy.spent(self.records[action.service], self._policy(action.service)):
            self.gave_up[action.service] = line
        return action._replace(do="", line=line, failure=True)

    def _restart(self, action: Action, one: Container) -> Action:
        """Return the action for a service that fails its health check."""
        service, evidence = action.service, self._evidence(one)
        its_policy = self._policy(service)
        if pids := stopped(one.pid, self.processes()):
            if self.now < policy.may_restart_at(self.records[service], its_policy):
                return self._not_yet(action, f"{service} was stopped by SIGSTOP again")
            line = f"continuing {service}, which SIGSTOP stopped"
            return action._replace(do="continue", line=line, pids=tuple(pids))
        if self._waits(service, policy.waiting_for(its_policy, evidence, self.away)):
            return action._replace(do="", line="")
        verdict = policy.judge(service, evidence, self.records[service], its_policy, self.now)
        if verdict.gave_up:
            self.gave_up[service] = verdict.line
        idle = evidence.kind == "hangs" and tasks(one.pid, self.processes()) == 0
        return action._replace(
            do="restart" if verdict.restart else "",
            line=verdict.line,
            failure=verdict.failure,
            seconds=IDLE_STOP_SECONDS if idle else 0,
        )
