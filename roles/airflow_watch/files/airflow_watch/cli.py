"""The command line."""

from __future__ import annotations

import argparse
import os
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from . import alerting, locks, pauses, services, stack, store
from .checks import note_round
from .commands import WatchError
from .host import Host
from .orphans import Orphans
from .output import accept_any_text, complain, say
from .rounds import Round

if TYPE_CHECKING:
    from collections.abc import Sequence

    from .pauses import Pause


# Without them, nothing is healed or reported.
TIMERS = ("airflow-watch.timer", "airflow-watch-alert.timer")


def run(_: argparse.Namespace) -> int:
    """Run one round."""
    with locks.alone("round", locks.ROUNDS):
        one = Round(Host(), say)
        done = one.run()
        note_round(one.failed_steps)
        return 0 if done else 1


def alert(arguments: argparse.Namespace) -> int:
    """Check the host, and report what fails or has recovered."""
    host = Host()
    if not host.checks:
        raise WatchError("the settings of alerts are missing; run site.yml, which writes them")
    if arguments.test:
        return 0 if alerting.test(host, say) else 1
    with locks.alone("check", locks.ALERTS):
        return 0 if alerting.Alerting(host, say).run() else 1


def known_service(host: Host, service: str | None) -> None:
    """Refuse a service that is not in the host's compose.yml."""
    if service is not None and service not in (expected := sorted(host.expected())):
        raise WatchError(f"no service {service!r} on this host; write one of {', '.join(expected)}")


def pause(arguments: argparse.Namespace) -> int:
    """Pause healing."""
    host = Host()
    known_service(host, arguments.service)
    if not arguments.owner.strip():
        raise WatchError("--owner is empty; write the name of the person who pauses")
    now = datetime.now(UTC).replace(microsecond=0)
    try:
        expires = now + pauses.duration(arguments.duration)
    except ValueError as error:
        raise WatchError(str(error)) from error
    new = pauses.Pause(arguments.owner, arguments.reason, expires, arguments.service or "")
    store.add(new)
    # A round that has already read the pauses may be about to start the service.
    with locks.alone("round", locks.ROUNDS):
        busy, _ = host.restarts(forget=False)
    for service in filter(new.covers, busy):
        # After a pause, nothing may start the service.
        host.stop_restart(service)
        say(
            f"{service}: its restart was under way and is cancelled. If Docker has already told the container to "
            "stop, it stops, and nothing starts it before the pause ends"
        )
    say(f"{new.service or 'all services'}: {new.text()}")
    return 0


def resume(arguments: argparse.Namespace) -> int:
    """End the pauses of a service, or all pauses."""
    known_service(Host(), arguments.service)
    if arguments.owner is not None and not arguments.owner.strip():
        raise WatchError("--owner is empty; write the owner whose pauses end, or omit it to end those of all owners")
    service, left = arguments.service or "", []
    for one in store.read_pauses(datetime.now(UTC), say):
        if service in ("", one.service) and arguments.owner in (None, one.owner):
            store.remove(one)
            say(f"{one.service or 'all services'}: no longer {one.text()}")
        elif service and one.covers(service):
            with_all = "" if one.service else ", with all services"
            left.append(f"{service} stays {one.text()}{with_all}; `airflow-watch resume` ends all pauses")
    if left:
        raise WatchError("; ".join(left))
    return 0


def status(arguments: argparse.Namespace) -> int:
    """Show pauses, alerts, services and the firewall."""
    host = Host()
    found = store.read_pauses(datetime.now(UTC), say)
    for lines, otherwise in facts(host, found):
        for line in lines or [otherwise]:
            if line and (lines or not arguments.attention):
                say(line)
    if arguments.attention:
        return 0
    containers, (busy, _failed), flags = host.containers(), host.restarts(forget=False), host.flags()
    for service in sorted(host.expected()):
        container = services.of(containers, service)
        left = " (paused)" if any(one.covers(service) for one in found) else ""
        left += " (its restart is under way)" if service in busy else ""
        left += "".join(f" (systemctl status {name})" for name in sorted(flags) if name in stack.flags_of(service))
        say(f"{service}: {container.text() if container else 'no container'}{left}")
    return 0


def facts(host: Host, paused: Sequence[Pause]) -> list[tuple[list[str], str]]:
    """Return what people should know of, by subject, each with the line that stands for nothing, which can be empty."""
    states = {unit: host.unit_state(unit) for unit in TIMERS}
    stopped = [
        f"{unit} is {state}: systemctl enable --now {unit}" for unit, state in states.items() if state != "active"
    ]
    problems, alerts = host.firewall_problems(), alerting.Alerting(host, say).lines()
    return [
        ([f"{one.service or 'all services'}: {one.text()}" for one in paused], "no service is paused"),
        ([host.settings_problem] if host.settings_problem else [], ""),
        ([f"firewall: {'; '.join(problems)}"] if problems else [], "firewall: active"),
        (stopped, ""),
        ([line for line in alerts if line != alerting.NONE], alerting.NONE),
    ]


def orphans(arguments: argparse.Namespace) -> int:
    """List the containers of tasks, or forget those of a lost host."""
    known = Orphans(Host(), say, complain)
    if arguments.forget is None:
        for line in known.lines() or ["no task has a container on this host"]:
            say(line)
    else:
        known.forget(arguments.forget)
        say(f"later tries no longer wait for containers on {arguments.forget}")
    return 0


def parser() -> argparse.ArgumentParser:
    """Return the parser of the command line."""
    top = argparse.ArgumentParser(
        prog="airflow-watch",
        description="Keeps the firewall of the Airflow stack on this host active and its services running.",
    )
    commands = top.add_subparsers(required=True, metavar="COMMAND")
    one = commands.add_parser("run", help="run one round, as the timer does")
    one.set_defaults(call=run)
    one = commands.add_parser("pause", help="stop healing services for a while")
    one.add_argument("service", nargs="?", metavar="SERVICE", help="the service; by default all services")
    one.add_argument("--for", dest="duration", required=True, metavar="DURATION", help="such as 30m, 2h or 1d")
    one.add_argument("--reason", default="", metavar="TEXT", help="the reason, shown to others")
    one.add_argument("--owner", default=_person(), metavar="NAME", help="the owner of the pause; by default you")
    one.set_defaults(call=pause)
    one = commands.add_parser("resume", help="end pauses")
    one.add_argument("service", nargs="?", metavar="SERVICE", help="end pauses of this service; by default all pauses")
    one.add_argument("--owner", metavar="NAME", help="end only the pauses of this owner")
    one.set_defaults(call=resume)
    one = commands.add_parser("alert", help="check the host and report faults, as the timer does")
    one.add_argument("--test", action="store_true", help="only send a test message")
    one.set_defaults(call=alert)
    one = commands.add_parser("status", help="show pauses, alerts, services and the firewall")
    one.add_argument("--attention", action="store_true", help="only what people should know of; nothing if all is well")
    one.set_defaults(call=status)
    one = commands.add_parser("orphans", help="list the containers of tasks and which are leftovers; remove none")
    text = "let later tries of tasks start without waiting for containers on this host, which is lost for good"
    one.add_argument("--forget", metavar="ADDRESS", help=text)
    one.set_defaults(call=orphans)
    return top


def _person() -> str:
    return os.environ.get("SUDO_USER") or os.environ.get("USER") or "root"


def main(argv: Sequence[str] | None = None) -> int:
    """Run as a program."""
    accept_any_text()
    arguments = parser().parse_args(argv)
    if os.geteuid():
        complain("only root can do this; run it with sudo")
        return 1
    try:
        return int(arguments.call(arguments))
    except WatchError as error:
        complain(str(error))
        return 1
