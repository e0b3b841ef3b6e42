"""The host that this program runs on: its settings, its firewall, Docker and the stack's containers."""

from __future__ import annotations

import contextlib
import json
import socket
from pathlib import Path
from typing import TYPE_CHECKING, Any

from . import firewall, holder, iptables, kept, policy
from .commands import WatchError
from .engine import Engine
from .nft import Nft
from .stack import Stack

if TYPE_CHECKING:
    from collections.abc import Iterable

SETTINGS = Path("/etc/airflow-watch.json")
# Copy of the last settings that could be read, so that a damaged file ends neither healing nor alerts.
KEPT = "settings.json"
# What damaged settings can raise.
UNREADABLE = (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError)
# Seconds to wait for the firewall's unit. systemd may delay it while Docker stops.
UNIT_SECONDS = 20
# Seconds in which a server on another host must accept a connection.
CONNECT_SECONDS = 3
SAVE, RESTORE = "/usr/sbin/iptables-save", "/usr/sbin/iptables-restore"


class Host(Engine, Stack):
    """Reads and changes the host's firewall, Docker and the stack's containers."""

    def __init__(self, settings: Path = SETTINGS) -> None:
        """Read the settings that site.yml wrote; if they are missing or broken, the last ones that could be read.

        Raises:
            WatchError: There are none.
        """
        # Why the settings are not those of the file; empty if they are.
        self.settings_problem = ""
        try:
            text = settings.read_text(encoding="utf-8")
            self._take(json.loads(text))
        except UNREADABLE as error:
            self.settings_problem = f"{settings} is missing or broken; run site.yml, which writes it: {error!r}"
            try:
                self._take(kept.read(KEPT))
            except UNREADABLE:
                raise WatchError(self.settings_problem) from error
        else:
            if kept.read(KEPT) != json.loads(text):
                with contextlib.suppress(WatchError):
                    kept.write(KEPT, json.loads(text))

    def _take(self, found: Any) -> None:
        """Take the settings from the content of a file."""
        self.project, self.compose_file, self.bridge = (found[key] for key in ("project", "compose_file", "bridge"))
        # Missing in the settings of earlier releases.
        self.network = found.get("network", "")
        self.servers: dict[str, str] = dict(found.get("servers", {}))
        self.policies = policy.read(found.get("healing", {}))
        self.checks = found.get("checks", {})
        self.orphans: dict[str, Any] = found.get("orphans") or {}

    def tables(self) -> iptables.Tables:
        """Return the active rules of Docker and others."""
        return iptables.parse(self.run(SAVE))

    def firewall_problems(self) -> list[str]:
        """Return why the stack's firewall is not active; empty if it is.

        Raises:
            WatchError: Its file or the library of nft is missing.
        """
        try:
            return holder.problems(Nft())
        except OSError as error:
            raise WatchError(f"the firewall cannot be checked; run site.yml: {error}") from error

    def unreachable(self) -> set[str]:
        """Return the servers on other hosts that accept no connection; this host's own services are not among them."""
        return {name for name, address in self.servers.items() if not _accepts(*address.rsplit(":", 1))}

    def has_bridge(self) -> bool:
        """Return whether the stack's bridge exists."""
        return Path("/sys/class/net", self.bridge).exists()

    def load_firewall(self, problems: Iterable[str]) -> None:
        """Load the stack's own rules again.

        Args:
            problems: Why they are not active.
        """
        # With older kernels, the table is missing while its program restarts. systemd may delay a start.
        held = (
            not any(firewall.UNHELD in problem for problem in problems) and self.unit_state(firewall.UNIT) == "active"
        )
        for verb in ("reload", "restart") if held else ("restart",):
            with contextlib.suppress(WatchError):
                self.run("systemctl", verb, firewall.UNIT, seconds=UNIT_SECONDS)
                return
        # Nothing holds this table; the unit replaces it when it starts.
        self.run(firewall.PROGRAM, "load")

    def ask_user_rules_first(self) -> None:
        """Make the jump to DOCKER-USER the first rule of FORWARD, in one commit."""
        jump = f"FORWARD -j {iptables.USER_CHAIN}"
        there = self.run(SAVE, "--table", "filter").split("\n").count(f"-A {jump}")
        lines = ["*filter", *[f"-D {jump}"] * there, f"-I {jump}", "COMMIT", ""]
        self.run(RESTORE, "--wait", "--noflush", data="\n".join(lines))


def _accepts(address: str, port: str) -> bool:
    """Return whether a server accepts a connection."""
    try:
        socket.create_connection((address.strip("[]"), int(port)), CONNECT_SECONDS).close()
    except OSError:
        return False
    return True
