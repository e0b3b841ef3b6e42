"""The manifest of a set, which is written last and makes it complete."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from typing import Any

from ansible_collections.ansible_airflow.airflow.plugins.module_utils.backup import sets
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.backup.restic import Restic
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.backup.settings import BackupError, Settings

Manifest = dict[str, Any]

FILE = "manifest.json"
# Version of the manifest's keys.
FORMAT = 1


def of(settings: Settings, name: str, dumped: Mapping[str, Any], found: Mapping[str, str]) -> Manifest:
    """Return the manifest of a set.

    Args:
        settings: Settings of the keeper.
        name: Name of the set.
        dumped: What `dump.dump` returned.
        found: Ids of the parts' snapshots by host, of the hosts that have one in this repository.
    """
    others = [host for host in settings.services if host not in found]
    return {
        "format": FORMAT,
        "set": name,
        "keeper": settings.keeper,
        "database": settings.database,
        "hosts": {
            host: {"services": services, "snapshot": found.get(host, "")}
            for host, services in settings.services.items()
        },
        # Their parts are in repositories of their own, or they did not take part.
        "elsewhere": others if settings.is_directory else [],
        "missing": [] if settings.is_directory else others,
        "paths": settings.real_paths,
        "staging": os.path.join(settings.staging, name),
        "deployment": settings.deployment,
        "releases": {tree: _release(settings.paths["stack"], tree) for tree in ("dags", "plugins")},
        **dumped,
    }


def write(manifest: Manifest, directory: str) -> str:
    """Write a manifest to a directory, and return the path of the file."""
    path = os.path.join(directory, FILE)
    with open(path, "w", encoding="utf-8") as file:
        json.dump(manifest, file, indent=2, sort_keys=True)
    return path


def find(restic: Restic, wanted: str) -> Manifest:
    """Return the manifest of a complete set.

    Args:
        restic: The repository.
        wanted: Name of the set, or ``latest``.

    Raises:
        BackupError: There is no such set, or its manifest cannot be read.
    """
    snapshots = restic.snapshots(sets.MANIFEST)
    names = sets.complete(snapshots)
    if not names:
        raise BackupError("the repository has no complete backup. Sets become complete when the keeper's part is done.")
    name = names[-1] if wanted == "latest" else wanted
    if name not in names:
        raise BackupError(f"the repository has no complete backup {wanted}. It has {', '.join(names[-5:])}.")
    snapshot = next(found for found in reversed(snapshots) if sets.set_of(found) == name)
    try:
        manifest = json.loads(restic.text(str(snapshot["id"]), snapshot["paths"][0]))
        if manifest["format"] > FORMAT:
            raise BackupError(f"set {name} was written by a later version of this collection; use that version.")
    except (ValueError, KeyError, TypeError) as error:
        raise BackupError(f"the manifest of set {name} cannot be read: {error!r}") from error
    return dict(manifest)


def match(services: Mapping[str, Sequence[str]], manifest: Mapping[str, Any], keeper: str) -> dict[str, str]:
    """Return which host's part each host of a stack is restored from.

    The keeper gets the part of the set's keeper; any other host the part of the host with its name, or else the part of
    a host that ran the same services and that no other host gets, or else that of the set's keeper, too.

    Args:
        services: Services by host, of the stack that is restored.
        manifest: The set's manifest.
        keeper: The stack's keeper.

    Returns:
        Old name by new name.
    """
    old = {name: sorted(words["services"]) for name, words in manifest["hosts"].items()}
    found = {keeper: manifest["keeper"]}
    found.update({host: host for host in services if host in old and host != keeper})
    for host in services:
        if host not in found:
            left = [name for name in old if name not in found.values() and old[name] == sorted(services[host])]
            found[host] = left[0] if left else manifest["keeper"]
    return found


def _release(directory: str, tree: str) -> str:
    """Return the name of a tree's current release; an empty string without one."""
    try:
        return os.path.basename(os.readlink(os.path.join(directory, tree, "current")))
    except OSError:
        return ""
