"""The command line."""

from __future__ import annotations

import argparse
import fcntl
import os
import sys
import time
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from . import firewall, pauses, store
from .host import Host, WatchError
from .rounds import Round

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

LOCK_FILE = Path("/run/airflow-watch.lock")
# Seconds that a pause waits for the end of a round that began before it.
ROUND_SECONDS = 300


def say(line: str) -> None:
    """Print a line at once."""
    print(line, flush=True)


@contextmanager
def alone(seconds: float) -> Iterator[None]:
    """Hold the lock of a round."""
    with LOCK_FILE.open("w") as file:
        until = time.monotonic() + seconds
        while True:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except OSError as error:
                if time.monotonic() >= until:
                    raise WatchError(
                        f"another round of airflow-watch is under way, and did not end in {seconds:.0f} s"
                    ) from error
                time.sleep(0.2)
        yield


def run(_: argparse.Namespace) -> int:
    """Do one round."""
    with alone(ROUND_SECONDS):
        return 0 if Round(Host(), say).run() else 1


def known_service(service: str) -> None:
    """Refuse a service that the stack's definition does not name."""
    expected = sorted(Host().expected())
    if service not in expected:
        raise WatchError(f"no service {service!r} on this host; there are: {', '.join(expected)}")


def pause(arguments: argparse.Namespace) -> int:
    """Pause healing."""
    if arguments.service:
        known_service(arguments.service)
    now = datetime.now(UTC).replace(microsecond=0)
    try:
        new = pauses.Pause(
            arguments.owner, arguments.reason, now + pauses.duration(arguments.duration), arguments.service
        )
    except ValueError as error:
        raise WatchError(str(error)) from error
    store.add(new)
    # A round that has read the pauses before may just be about to start the service.
    with alone(ROUND_SECONDS):
        pass
    say(f"{arguments.service or 'all services'}: {new.text()}")
    return 0


def resume(arguments: argparse.Namespace) -> int:
    """End pauses: those of a service, or all."""
    if arguments.service:
        known_service(arguments.service)
    found = store.read_pauses(datetime.now(UTC), say)
    for one in found:
        if arguments.service in ("", one.service) and arguments.owner in ("", one.owner):
            store.remove(one)
            say(f"{one.service or 'all services'}: no longer {one.text()}")
        elif arguments.service and one.covers(arguments.service):
            raise WatchError(
                f"{arguments.service} stays {one.text()}, with all services; `airflow-watch resume` ends all pauses"
            )
    return 0


def status(_: argparse.Namespace) -> int:
    """Show pauses, services and the firewall."""
    host = Host()
    found = store.read_pauses(datetime.now(UTC), say)
    for one in found:
        say(f"{one.service or 'all services'}: {one.text()}")
    if not found:
        say("no service is paused")
    problems = firewall.guard_problems(host.tables(), host.loaded(), host.bridge)
    say(f"firewall: {'; '.join(problems) or 'strangers are kept out'}")
    states = {one.service: one.text() for one in host.containers()}
    for service in sorted(host.expected()):
        left = " (paused)" if any(one.covers(service) for one in found) else ""
        say(f"{service}: {states.get(service, 'no container')}{left}")
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
    one.add_argument("service", nargs="?", default="", metavar="SERVICE", help="the service; all without it")
    one.add_argument("--for", dest="duration", required=True, metavar="DURATION", help="such as 30m, 2h or 1d")
    one.add_argument("--reason", default="", metavar="TEXT", help="why, for others who look")
    one.add_argument("--owner", default=_person(), metavar="NAME", help="who, by default you")
    one.set_defaults(call=pause)
    one = commands.add_parser("resume", help="end pauses")
    one.add_argument("service", nargs="?", default="", metavar="SERVICE", help="end those of a service; all without it")
    one.add_argument("--owner", default="", metavar="NAME", help="end only those of this owner")
    one.set_defaults(call=resume)
    one = commands.add_parser("status", help="show pauses and services")
    one.set_defaults(call=status)
    return top


def _person() -> str:
    return os.environ.get("SUDO_USER") or os.environ.get("USER") or "root"


def main(argv: Sequence[str] | None = None) -> int:
    """Run as a program."""
    arguments = parser().parse_args(argv)
    if os.geteuid():
        print("airflow-watch: only root can do this; run it with sudo", file=sys.stderr)
        return 1
    try:
        return int(arguments.call(arguments))
    except WatchError as error:
        print(f"airflow-watch: {error}", file=sys.stderr)
        return 1
