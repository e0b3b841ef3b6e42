"""The releases of a file tree on a host: stored side by side, with a link to the current one.

DIRECTORY/releases/ID         files of a release, and its manifest: .release.json
DIRECTORY/current             link to the release that Airflow reads
DIRECTORY/history.json        which release became current when, the newest last
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from datetime import datetime, timezone
from typing import Any

from ansible_collections.ansible_airflow.airflow.plugins.module_utils.host.exclusive import alone
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.releases.files import (
    StoreError,
    is_whole,
    sync,
    write,
)
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.releases.release import File

MANIFEST = ".release.json"
INCOMING = ".incoming-"


class Store:
    """The releases below a directory.

    Attributes:
        directory: Path of the store.
    """

    def __init__(self, directory: str) -> None:
        self.directory = directory
        self.releases = os.path.join(directory, "releases")
        self.link = os.path.join(directory, "current")
        self.history_file = os.path.join(directory, "history.json")

    def path(self, release: str) -> str:
        """Return the directory of a release."""
        return os.path.join(self.releases, release)

    def current(self) -> str | None:
        """Return the id of the current release, None before the first one.

        Until then the link may point to a directory without files, whose name begins with a dot.
        """
        try:
            name = os.path.basename(os.readlink(self.link))
        except FileNotFoundError:
            return None
        return None if name.startswith(".") else name

    def present(self) -> list[str]:
        """Return the ids of the complete releases."""
        try:
            names = os.listdir(self.releases)
        except FileNotFoundError:
            return []
        return sorted(name for name in names if not name.startswith("."))

    def manifest(self, release: str) -> dict[str, Any]:
        """Return the manifest of a release: ``files`` by path, ``origin``.

        Raises:
            StoreError: The release does not exist.
        """
        try:
            with open(os.path.join(self.path(release), MANIFEST), encoding="utf-8") as file:
                found: dict[str, Any] = json.load(file)
        except FileNotFoundError as error:
            there = ", ".join(self.present()) or "none"
            raise StoreError(f"there is no release {release} in {self.releases}; available: {there}.") from error
        return found

    def history(self) -> list[dict[str, str]]:
        """Return which release became current when, oldest first."""
        try:
            with open(self.history_file, encoding="utf-8") as file:
                found: list[dict[str, str]] = json.load(file)
        except FileNotFoundError:
            return []
        return found

    def previous(self) -> str | None:
        """Return the release that was current before the present one, if it still exists."""
        current, present = self.current(), self.present()
        before = [entry["release"] for entry in self.history()]
        return next((name for name in reversed(before) if name != current and name in present), None)

    def damaged(self, release: str) -> list[str]:
        """Return the paths at which a release differs from its manifest, including files that it does not list."""
        files = self.manifest(release)["files"]
        root = self.path(release)
        there = {
            os.path.relpath(os.path.join(directory, name), root)
            for directory, directories, names in os.walk(root)
            for name in (*names, *(name for name in directories if os.path.islink(os.path.join(directory, name))))
        }
        wrong = [name for name, file in files.items() if not is_whole(os.path.join(root, name), file)]
        return sorted({*wrong, *(there - set(files) - {MANIFEST})})

    def missing(self, files: Mapping[str, File]) -> list[str]:
        """Return the paths of the files whose content no release on the host has; existing files are verified."""
        held = self.held(files)
        whole = {digest for digest, places in held.items() if any(is_whole(path, there) for path, there in places)}
        return sorted(name for name, file in files.items() if "digest" in file and file["digest"] not in whole)

    def held(self, files: Mapping[str, File]) -> dict[str, list[tuple[str, File]]]:
        """Return where the manifests on the host list the contents of these files, by digest."""
        held: dict[str, list[tuple[str, File]]] = {file["digest"]: [] for file in files.values() if "digest" in file}
        for release in self.present():
            for name, there in self.manifest(release)["files"].items():
                if there.get("digest") in held:
                    held[there["digest"]].append((os.path.join(self.path(release), name), there))
        return held

    def switch(self, release: str) -> None:
        """Switch the link to another release atomically: readers see the old tree or the new one, never a part.

        Raises:
            StoreError: The release does not exist.
        """
        self.manifest(release)
        with self.alone():
            temporary = f"{self.link}.new"
            if os.path.lexists(temporary):
                os.unlink(temporary)
            os.symlink(os.path.join("releases", release), temporary)
            os.replace(temporary, self.link)
            now = datetime.now(timezone.utc).isoformat(timespec="seconds")
            history = [*self.history(), {"release": release, "since": now}]
            write(f"{self.history_file}.new", json.dumps(history[-100:], indent=1))
            os.replace(f"{self.history_file}.new", self.history_file)
            sync(self.directory)

    def surplus(self, keep: int, current: str) -> list[str]:
        """Return the releases to remove once a release is current: never that one or its predecessor.

        Args:
            keep: How many releases to keep, including the current one.
            current: The release that is, or is about to be, the current one.
        """
        used = [entry["release"] for entry in self.history()]
        if current != self.current():
            used.append(current)
        present = self.present()
        # By the last time that each was current, the latest first; releases that never were come last.
        last = {name: index for index, name in enumerate(used, start=1)}
        order = sorted(present, key=lambda name: last.get(name, 0), reverse=True)
        previous = next((name for name in reversed(used) if name != current and name in present), None)
        stay = {current, previous, *order[: max(keep, 1)]}
        return [name for name in order if name not in stay]

    def remove(self, releases: Sequence[str]) -> None:
        """Remove releases."""
        with self.alone():
            for release in releases:
                # Rename it first: a partly removed release must not count as one.
                going = os.path.join(self.releases, f"{INCOMING}{release}")
                os.rename(self.path(release), going)
                shutil.rmtree(going)

    def alone(self) -> AbstractContextManager[None]:
        """Lock the store, so that no other run changes it at the same time."""
        return alone(os.path.join(self.releases, ".lock"))
