"""The host that this program runs on: its settings, its firewall, Docker and the stack's containers."""

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
    """Reads and changes the host's firewall, Docker and the stack's containers."""

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
        """Return the active rules."""
        return firewall.parse(self.run(SAVE))

    def loaded(self) -> firewall.Tables:
        """Return the rules as they were after airflow-firewall loaded its own; empty if unknown."""
        try:
            return firewall.parse(LOADED.read_text(encoding="utf-8", errors="backslashreplace"))
        except OSError:
            return {}

    def has_bridge(self) -> bool:
        """Return whether the stack's bridge exists."""
        return Path("/sys/class/net", self.bridge).exists()

    def load_firewall(self) -> None:
        """Load the stack's own rules."""
        # Not through its unit: systemd would delay it until a running restart of Docker ends.
        self.run(FIREWALL)
        # Updates the state of the unit; has no effect unless the unit is stopped or failed.
        self.run("systemctl", "start", "--no-block", FIREWALL_UNIT)

    def ask_user_rules_first(self) -> None:
        """Make the jump to DOCKER-USER the first rule of FORWARD, in one commit."""
        jump = f"FORWARD -j {firewall.USER_CHAIN}"
        there = self.run(SAVE, "--table", "filter").split("\n").count(f"-A {jump}")
        lines = ["*filter", *[f"-D {jump}"] * there, f"-I {jump}", "COMMIT", ""]
        self.run(RESTORE, "--wait", "--noflush", data="\n".join(lines))
