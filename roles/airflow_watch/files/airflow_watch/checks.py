"""Reads the host and returns its faults, see faults.py. A check that fails is a fault itself, and hinders no other."""

from __future__ import annotations

import glob
import json
import os
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from . import certificates, disks, faults, notes, reserve
from .commands import WatchError
from .faults import Fault

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from .host import Host

# Note of the last round, for these checks.
ROUND = "round.json"
# Units whose failures are reported: those of this project, and Docker.
UNITS = ("airflow-*.service", "airflow-*.timer", "docker.service", "containerd.service")
DRILL_TIMER = "airflow-backup-drill.timer"
# Seconds for which a check must fail before that is reported.
CHECK_SECONDS = 300
# Before the name of a check: key of the fault that the check fails.
FAILED_CHECK = "check:"
# Seconds that a run of site.yml may take from the installation of airflow-watch to that of the backups.
SET_UP_SECONDS = 3600


def unknown(found: Iterable[Fault]) -> set[str]:
    """Return the checks that cannot say which of their faults are present.

    Args:
        found: All faults of the host.
    """
    failed = {fault.what.removeprefix(FAILED_CHECK) for fault in found if fault.what.startswith(FAILED_CHECK)}
    return failed | {fault.check for fault in found if fault.what == faults.NO_ROUNDS}


def note_round(failed_steps: Iterable[tuple[str, str]]) -> None:
    """Note the end of a round and what failed in it.

    Raises:
        WatchError: The note cannot be written.
    """
    notes.write(ROUND, {"finished": int(time.time()), "failures": [list(step) for step in failed_steps]})


class Checks:
    """The checks of a host."""

    def __init__(self, host: Host, reported: Iterable[str]) -> None:
        """Store the host, and the faults that are reported already."""
        self.host, self.reported, self.settings = host, list(reported), host.checks

    def faults(self) -> list[Fault]:
        """Return all faults of the host."""
        found: list[Fault] = []
        for check in (self.rounds, self.units, self.backups, self.certificates, self.disks, self.reserve):
            name = check.__name__
            try:
                found += [fault._replace(check=name) for fault in check()]
            except Exception as error:
                text = str(error) if isinstance(error, WatchError) else repr(error)
                found.append(Fault(f"{FAILED_CHECK}{name}", f"{name} cannot be checked: {text}", CHECK_SECONDS))
        return found

    def rounds(self) -> list[Fault]:
        """Return what fails in the rounds of airflow-watch."""
        services, after = self.settings["services"], int(self.settings["after"])
        up = time.clock_gettime(time.CLOCK_BOOTTIME)
        return faults.of_round(notes.read(ROUND), services, time.time(), up, after)

    def units(self) -> list[Fault]:
        """Return which units have failed, and which timers do not run."""
        backup = self.settings["backup"]
        # A run of site.yml installs them a few minutes after airflow-watch.
        more = backup["timers"] if backup and os.path.exists(backup["settings_file"]) else []
        return faults.of_units(self._states(), [*self.settings["timers"], *more])

    def backups(self) -> list[Fault]:
        """Return which backups are missing."""
        if not (settings := self.settings["backup"]):
            return []
        path = settings["settings_file"]
        if not os.path.exists(path):
            return [Fault("backup:settings", f"{path} is missing, so no backup is made: run site.yml", SET_UP_SECONDS)]
        since = os.stat(path).st_mtime
        failed = [unit for unit, state in self._states().items() if state == "failed"]
        return faults.of_backups(
            _json(Path(settings["record"])), {**settings, "since": since}, self._fired(), failed, time.time()
        )

    def certificates(self) -> list[Fault]:
        """Return which certificates end soon."""
        paths = [path for pattern in self.settings["certificates"] for path in glob.glob(pattern)]
        return faults.of_certificates({path: certificates.end(Path(path)) for path in paths}, time.time())

    def disks(self) -> list[Fault]:
        """Return which file systems are low."""
        volumes = [self._place(place) for place in self.settings["places"]]
        measured, silent = disks.measure(volumes)
        # The key of a check that fails: what it reported earlier on these file systems stays.
        hung = [
            Fault(
                f"{FAILED_CHECK}disks",
                f"{path} does not answer within {disks.ANSWER_SECONDS} s; is it a network file system whose server is "
                "away?",
                CHECK_SECONDS,
            )
            for path in silent[:1]
        ]
        return [*disks.faults(measured, self.reported), *hung]

    def reserve(self) -> list[Fault]:
        """Return whether the reserve for a full disk is used up."""
        return reserve.fault(self.settings["reserve"]) if self.settings["reserve"] else []

    def _place(self, place: Mapping[str, Any]) -> Mapping[str, Any]:
        """Return a place with its path, which for a volume or Docker's data only the host knows."""
        if place["path"]:
            return place
        if not place.get("volume"):
            return {**place, "path": self.host.data_root()}
        return {**place, "path": str(self.host.volume_directory(place["volume"]) or self.host.data_root())}

    def _states(self) -> dict[str, str]:
        """Return the state of each unit that has failed, and of the timers that must run."""
        argv = ["systemctl", "list-units", "--all", "--plain", "--no-legend", "--no-pager", *UNITS]
        rows = [line.split() for line in self.host.run(*argv).splitlines()]
        return {row[0]: row[2] for row in rows if len(row) > 2}

    def _fired(self) -> float:
        """Return when the timer of the restore drill last fired, in seconds since the epoch; 0 if it never did."""
        show = ("systemctl", "show", "--timestamp=unix", "--property=LastTriggerUSec", "--value", DRILL_TIMER)
        said = self.host.run(*show).strip().lstrip("@")
        return float(said) if said.isdigit() else 0.0


def _json(path: Path) -> Any:
    """Return the content of a file; None if it is missing or damaged."""
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        return None
