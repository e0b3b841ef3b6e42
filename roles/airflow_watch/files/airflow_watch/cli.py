"""The command line."""

from __future__ import annotations

import argparse
import fcntl
import os
import time
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from . import firewall, pauses, services, store
from .commands import WatchError
from .host import Host
from .output import accept_any_text, complain, say
from .rounds import Round

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

# A directory, which is there also where nothing can be written.
LOCK = Path(__file__).parent
# Seconds that a pause waits for the end of a round that began before it.
ROUND_SECONDS = 300


@contextmanager
def alone(seconds: float) -> Iterator[None]:
    """Hold the lock of a round."""
    lock = os.open(LOCK, os.O_RDONLY)
    try:
        until = time.monotonic() + seconds
        while True:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except OSError as error:
                if time.monotonic() >= until:
                    raise WatchError(
                        f"another round of airflow-watch is under way, and did not end in {seconds:.0f} s"
                    ) from error
                time.sleep(0.2)
        yield
    finally:
        os.close(lock)


def run(_: argparse.Namespace) -> int:
    """Do one round."""
    with alone(ROUND_SECONDS):
        return 0 if Round(Host(), say).run() else 1


def known_service(host: Host, service: str | None) -> None:
    """Refuse a service that the stack's definition does not name."""
    if service is not None and service not in (expected := sorted(host.expected())):
        raise WatchError(f"no service {service!r} on this host; there are: {', '.join(expected)}")


def pause(arguments: argparse.Namespace) -> int:
    """Pause healing."""
    host = Host()
    known_service(host, arguments.service)
    if not arguments.owner.strip():
        raise WatchError("--owner is empty; write who pauses, for others who look")
    now = datetime.now(UTC).replace(microsecond=0)
    try:
        expires = now + pauses.duration(arguments.duration)
    except ValueError as error:
        raise WatchError(str(error)) from error
    new = pauses.Pause(arguments.owner, arguments.reason, expires, arguments.service or "")
    store.add(new)
    # A round that has read the pauses before may just be about to start the service.
    with alone(ROUND_SECONDS):
        busy, _ = host.restarts(forget=False)
    for service in filter(new.covers, busy):
        # Whoever pauses a service expects that nothing starts it from now on.
        host.stop_restart(service)
        say(
            f"{service}: its restart was under way and goes no further. If Docker has already told the container to "
            "stop, it will, and nothing starts it before the pause ends"
        )
    say(f"{new.service or 'all services'}: {new.text()}")
    return 0


def resume(arguments: argparse.Namespace) -> int:
    """End pauses: those of a service, or all."""
    known_service(Host(), arguments.service)
    if arguments.owner is not None and not arguments.owner.strip():
        raise WatchError("--owner is empty; write whose pauses end, or leave it out for all owners")
    service = arguments.service or ""
    for one in store.read_pauses(datetime.now(UTC), say):
        if service in ("", one.service) and arguments.owner in (None, one.owner):
            store.remove(one)
            say(f"{one.service or 'all services'}: no longer {one.text()}")
        elif service and one.covers(service):
            raise WatchError(f"{service} stays {one.text()}, with all services; `airflow-watch resume` ends all pauses")
    return 0


def status(_: argparse.Namespace) -> int:
    """Show pauses, services and the firewall."""
    host = Host()
    found = store.read_pauses(datetime.now(UTC), say)
    for one in found:
        say(f"{one.service or 'all services'}: {one.text()}")
    if not found:
        say("no service is paused")
    problems = firewall.guard_problems(host.tables(), host.loaded())
    say(f"firewall: {'; '.join(problems) or 'strangers are kept out'}")
    containers, (busy, _failed) = host.containers(), host.restarts(forget=False)
    for service in sorted(host.expected()):
        container = services.of(containers, service)
        left = " (paused)" if any(one.covers(service) for one in found) else ""
        left += " (its restart is under way)" if service in busy else ""
        say(f"{service}: {container.text() if container else 'no container'}{left}")
    return 0


def parser() -> argparse.ArgumentParser:
    """Return the parser of the command line."""
    top = argparse.ArgumentParser(
        prog="airflow-watch",
        description="Keeps strangers out of the Airflow stack of this host, and its services running.",
    )
    commands = top.add_subparsers(required=True, metavar="COMMAND")
    one = commands.add_parser("run", help="do one round, as the timer does")
    one.set_defaults(call=run)
    one = commands.add_parser("pause", help="let services that are down or unhealthy stay so for a while")
    one.add_argument("service", nargs="?", metavar="SERVICE", help="the service; all without it")
    one.add_argument("--for", dest="duration", required=True, metavar="DURATION", help="such as 30m, 2h or 1d")
    one.add_argument("--reason", default="", metavar="TEXT", help="why, for others who look")
    one.add_argument("--owner", default=_person(), metavar="NAME", help="who, by default you")
    one.set_defaults(call=pause)
    one = commands.add_parser("resume", help="end pauses")
    one.add_argument("service", nargs="?", metavar="SERVICE", help="end those of a service; all without it")
    one.add_argument("--owner", metavar="NAME", help="end only those of this owner")
    one.set_defaults(call=resume)
    one = commands.add_parser("status", help="show pauses, services and the firewall")
    one.set_defaults(call=status)
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
