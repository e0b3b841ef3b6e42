"""The program of airflow-firewall.service: loads the firewall, and holds it until the program ends.

SIGHUP loads the file again. SIGTERM ends the program; where the kernel supports it, the table stays.
"""

from __future__ import annotations

import os
import signal
import socket
import sys
import time

from . import firewall, old_chains
from .commands import Commands, WatchError
from .loading import listed, load
from .nft import Nft, NftError
from .output import say

SIGNALS = (signal.SIGHUP, signal.SIGTERM, signal.SIGINT)
# Seconds in which a reload loads the file.
RELOAD_SECONDS = 10
# What can prevent that a file is loaded.
ERRORS = (NftError, OSError, ValueError)
# Exit code of `check` if a reload of the unit is enough.
RELOAD = 3


def notify(state: str) -> None:
    """Tell systemd the state of the program; see sd_notify(3)."""
    if address := os.environ.get("NOTIFY_SOCKET"):
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as to_systemd:
            to_systemd.connect(address.replace("@", "\0", 1))
            to_systemd.sendall(state.encode())


def hold() -> int:
    """Load the firewall, and hold it until a signal ends the program."""
    signal.pthread_sigmask(signal.SIG_BLOCK, SIGNALS)
    # Now, because the files may change while the program runs.
    nft, program = Nft(), firewall.program_digest()
    begin(nft, program)
    notify("READY=1")
    while signal.sigwait(SIGNALS) == signal.SIGHUP:
        try:
            _report(load(nft, program))
            _kept()
        except ERRORS as error:
            say(f"ERROR: {firewall.FILE} was not loaded, the rules from before are still active: {error}")
    return 0


def begin(nft: Nft, program: str) -> None:
    """Load the firewall, or the last good rules if its file is missing or damaged.

    Raises:
        NftError, OSError, ValueError: Neither can be loaded.
    """
    try:
        flags = load(nft, program)
    except ERRORS as error:
        say(f"ERROR: {firewall.FILE} was not loaded, loading the last good rules instead: {error}")
        flags = load(nft, program, file=firewall.KEPT)
    else:
        _kept()
    _report(flags)


def check(seconds: float) -> int:
    """Return 0 if the file is loaded, 3 if a reload of the unit is enough for that, and 1 otherwise.

    Args:
        seconds: How long to wait for it.
    """
    nft, until = Nft(), time.monotonic() + seconds
    while found := problems(nft):
        if time.monotonic() > until:
            say(f"ERROR: {'; '.join(found)}")
            return RELOAD if all(one.endswith(firewall.UNLOADED) for one in found) else 1
        time.sleep(0.05)
    return 0


def problems(nft: Nft) -> list[str]:
    """Return why the firewall is not active; empty if it is.

    Raises:
        OSError: The file cannot be read.
    """
    try:
        noted = firewall.NOTE.read_text(encoding="utf-8", errors="replace")
    except OSError:
        noted = ""
    text = firewall.FILE.read_text(encoding="utf-8")
    return firewall.problems(listed(nft), noted, text, firewall.program_digest())


def _kept() -> None:
    try:
        firewall.keep()
    except (OSError, ValueError) as error:
        say(f"{firewall.KEPT} was not written: {error}")


def _report(flags: str) -> None:
    if "owner" in flags:
        say(f"the firewall is active, and only this process can change it ({flags})")
    else:
        say("the firewall is active, but this kernel cannot protect it from other programs; airflow-watch restores it")


def main(argv: list[str] | None = None) -> int:
    """Run as a program.

    Without an argument, hold the firewall. ``load`` loads it without holding it, ``check`` tells whether it is loaded,
    and ``wait`` waits for that. ``old`` prints the tables of iptables that have chains of an earlier firewall, and
    ``forget`` removes these chains.
    """
    words = sys.argv[1:] if argv is None else argv
    try:
        return _call(words[0] if words else "hold")
    except ERRORS as error:
        say(f"ERROR: the firewall was not loaded, other hosts may reach the stack: {error}")
    except WatchError as error:
        say(f"ERROR: {error}")
    return 1


def _call(word: str) -> int:
    """Carry out a command."""
    if word == "hold":
        return hold()
    if word in ("check", "wait"):
        return check(RELOAD_SECONDS if word == "wait" else 0)
    if word == "load":
        load(Nft(), "", ("",))
    elif word == "old":
        for work in old_chains.needed(Commands()):
            say(work.split("\n", 1)[0].lstrip("*"))
    elif word == "forget":
        old_chains.remove(Commands())
    else:
        raise WatchError(f"there is no command {word}")
    return 0
