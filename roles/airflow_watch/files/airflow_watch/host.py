"""The host that this program runs on: its settings and its firewall, Docker and the stack's containers."""

from __future__ import annotations

import json
from pathlib import Path

from . import firewall
from .commands import WatchError
from .engine import Engine
from .stack import Stack

SETTINGS = Path("/etc/airflow-watch.json")
LOADED = Path("/run/airflow-firewall/loaded")
FIREWALL_UNIT = "airflow-firewall.service"
FIREWALL = f"/usr/local/sbin/{firewall.PROGRAM}"
SAVE, RESTORE = "/usr/sbin/iptables-save", "/usr/sbin/iptables-restore"


class Host(Engine, Stack):
    """What is in force and running, and what changes it."""

    def __init__(self, settings: Path = SETTINGS) -> None:
        """Read the settings that site.yml wrote.

        Raises:
            WatchError: They are missing or broken.
        """
        try:
            found = json.loads(settings.read_text(encoding="utf-8"))
            self.project, self.compose_file, self.bridge = (found[key] for key in ("project", "compose_file", "bridge"))
            # Missing in the settings of earlier releases.
            self.network = found.get("network", "")
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise WatchError(f"{settings} is missing or broken; run site.yml, which writes it: {error!r}") from error

    def tables(self) -> firewall.Tables:
        """Return the rules in force."""
        return firewall.parse(self.run(SAVE))

    def loaded(self) -> firewall.Tables:
        """Return the rules as they were when airflow-firewall had loaded its own; empty if nobody knows."""
        try:
            return firewall.parse(LOADED.read_text(encoding="utf-8", errors="backslashreplace"))
        except OSError:
            return {}

    def has_bridge(self) -> bool:
        """Whether the stack's network is there."""
        return Path("/sys/class/net", self.bridge).exists()

    def load_firewall(self) -> None:
        """Load the stack's own rules."""
        # Not by its unit: systemd would let it wait for a restart of Docker that is under way.
        self.run(FIREWALL)
        # For whoever looks at the unit. It does nothing unless that is stopped or has failed.
        self.run("systemctl", "start", "--no-block", FIREWALL_UNIT)

    def ask_user_rules_first(self) -> None:
        """Make the jump to Docker's chain for rules of others the first rule of FORWARD, in one commit."""
        jump = f"FORWARD -j {firewall.USER_CHAIN}"
        there = self.run(SAVE, "--table", "filter").split("\n").count(f"-A {jump}")
        lines = ["*filter", *[f"-D {jump}"] * there, f"-I {jump}", "COMMIT", ""]
        self.run(RESTORE, "--wait", "--noflush", data="\n".join(lines))
