"""The command airflow-backup of a host, which timers and people run."""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from datetime import datetime, timezone
from typing import Optional

from ansible_collections.ansible_airflow.airflow.plugins.module_utils.backup import (
    drill,
    restic,
    run,
    sets,
    settings,
    stack_lock,
    status,
    turns,
)
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.backup.restic_errors import shown
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.backup.settings import BackupError, Settings


def now() -> datetime:
    """Return the time in UTC."""
    return datetime.now(timezone.utc)  # noqa: UP017  # Python 3.9 on hosts


def say(text: str) -> None:
    """Print a line for a person or the journal."""
    print(text, flush=True)


def back_up(known: Settings, given: argparse.Namespace) -> None:
    """Make a backup of this host."""
    name = sets.slot(now(), known.every, known.at) if given.scheduled else now().strftime(sets.FORMAT)
    started = time.monotonic()
    with ExitStack() as stack:
        # The stack's lock first, as in a run of Ansible: otherwise each could wait for the other.
        if known.is_keeper:
            try:
                stack.enter_context(stack_lock.held(known.records, "backup_airflow", known.wait, say))
            except BackupError as error:
                status.failed(known.records, "backup", f"{name}: {error}")
                raise
        stack.enter_context(turns.waiting(say))
        run.Backup(known, name, say).run()
    say(f"backup {name} is {'complete' if known.is_keeper else 'done'} after {time.monotonic() - started:.0f} s")


def check(known: Settings, _: argparse.Namespace) -> None:
    """Read a part of the repository, and compare it with its digests."""
    if not (known.is_keeper or known.is_directory):
        say(f"{known.keeper} checks the repository")
        return
    started = time.time()
    say(f"reading {known.check_subset} of {shown(known.repository)}")
    with turns.waiting(say):
        repository = restic.Restic(known)
        try:
            repository.unlock()
            repository.check()
        except BackupError as error:
            status.failed(known.records, "check", str(error))
            raise
    status.done(known.records, "check", seconds=round(time.time() - started, 1))
    say("no error was found")


def rehearse(known: Settings, given: argparse.Namespace) -> None:
    """Restore a set into a temporary Postgres, and compare it with its manifest."""
    if not known.is_keeper:
        say(f"the restore drill runs on {known.keeper}")
        return
    with turns.waiting(say):
        found = drill.rehearse(known, given.set, say)
    say(f"set {found['set']} can be restored: {found['tables']} tables, {found['rows']} rows, {found['seconds']} s")


def check_and_rehearse(known: Settings, given: argparse.Namespace) -> None:
    """Check the repository and rehearse a restore, even if the check fails."""
    try:
        check(known, given)
    finally:
        rehearse(known, given)


def show(known: Settings, _: argparse.Namespace) -> None:
    """List the complete sets and the last results."""
    for name in sets.complete(restic.Restic(known).snapshots(sets.MANIFEST)):
        say(name)
    for line in status.lines(status.read(known.records), time.time()):
        say(line)


def parser() -> argparse.ArgumentParser:
    """Return the parser of the arguments."""
    top = argparse.ArgumentParser(prog="airflow-backup", description="Back up the Airflow stack on this host.")
    commands = top.add_subparsers(required=True, metavar="COMMAND")
    one = commands.add_parser("run", help="make a backup of this host")
    one.add_argument("--scheduled", action="store_true", help="name the set after the last scheduled time")
    one.set_defaults(call=back_up)
    one = commands.add_parser("check", help="read a part of the repository and look for damage")
    one.set_defaults(call=check)
    one = commands.add_parser("rehearse", help="restore a set into a temporary Postgres and compare it")
    one.add_argument("set", nargs="?", default="latest", metavar="SET", help="name of the set; by default the latest")
    one.set_defaults(call=rehearse)
    one = commands.add_parser("drill", help="check, then rehearse")
    one.set_defaults(call=check_and_rehearse, set="latest")
    one = commands.add_parser("status", help="list the sets and the last results")
    one.set_defaults(call=show)
    return top


def main(path: str, argv: Optional[Sequence[str]] = None) -> int:  # noqa: UP045  # Python 3.9 on hosts
    """Run as a program.

    Args:
        path: File with the settings.
        argv: Arguments; those of the process by default.

    Returns:
        The exit code.
    """
    given = parser().parse_args(argv)
    if os.geteuid():
        print("airflow-backup: only root can do this; run it with sudo", file=sys.stderr)
        return 1
    call: Callable[[Settings, argparse.Namespace], None] = given.call
    try:
        known = settings.read(path)
        call(known, given)
    except (BackupError, OSError) as error:
        print(f"airflow-backup: {error}", file=sys.stderr)
        return 1
    return 0
