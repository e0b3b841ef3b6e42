"""Stores a release on a host completely, or not at all."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Mapping
from typing import Any

from ansible_collections.ansible_airflow.airflow.plugins.module_utils.releases.files import (
    Archive,
    StoreError,
    is_whole,
    mode,
    reason,
    reuse,
    sync,
    sync_tree,
    unpacked,
    write,
)
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.releases.release import File
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.releases.store import INCOMING, MANIFEST, Store


def receive(
    store: Store, release: str, files: Mapping[str, File], *, origin: Mapping[str, Any], archive: Archive
) -> None:
    """Store a release completely, or not at all.

    A file that another release has with the same content becomes a hard link to it, which keeps its timestamp. So
    Airflow parses new files immediately, and no others.

    Args:
        store: The releases of the host.
        release: Its id.
        files: Its files by path.
        origin: Where they come from.
        archive: The missing files; None if there are none.

    Raises:
        StoreError: A file does not match the manifest, or the disk is full.
    """
    os.makedirs(store.releases, mode=0o755, exist_ok=True)
    with store.alone():
        _sweep(store)
        incoming = os.path.join(store.releases, f"{INCOMING}{release}")
        try:
            os.mkdir(incoming, 0o755)
            _fill(store, incoming, files, archive)
            text = json.dumps({"release": release, "origin": origin, "files": files}, sort_keys=True)
            write(os.path.join(incoming, MANIFEST), text)
            sync_tree(incoming)
            os.rename(incoming, store.path(release))
            sync(store.releases)
        except OSError as error:
            shutil.rmtree(incoming, ignore_errors=True)
            raise StoreError(f"release {release} was not received: {reason(error)}") from error
        except StoreError:
            shutil.rmtree(incoming, ignore_errors=True)
            raise


def _sweep(store: Store) -> None:
    """Remove the leftovers of interrupted transfers."""
    for name in os.listdir(store.releases):
        if name.startswith(INCOMING):
            shutil.rmtree(os.path.join(store.releases, name))


def _fill(store: Store, incoming: str, files: Mapping[str, File], archive: Archive) -> None:
    """Write all files of a release and check each of them."""
    held = store.held(files)
    made = set()
    with unpacked(archive, incoming) as directory:
        for name, file in files.items():
            path = os.path.join(incoming, name)
            if (parent := os.path.dirname(path)) not in made:
                os.makedirs(parent, mode=0o755, exist_ok=True)
                made.add(parent)
            sent = os.path.join(directory, name) if directory else ""
            if "link" in file:
                os.symlink(file["link"], path)
            elif any(reuse(source, there, path, file) for source, there in held[file["digest"]]):
                continue
            elif sent and os.path.isfile(sent):
                os.rename(sent, path)
                os.chmod(path, mode(file))
            if not is_whole(path, file):
                raise StoreError(f"{name} did not arrive intact; run the play again.")


def repair(store: Store, release: str, archive: Archive) -> None:
    """Restore the modified files of a release, each atomically, and remove files that do not belong to it.

    Args:
        store: The releases of the host.
        release: Its id.
        archive: The damaged files that no other release has; None if there are none.

    Raises:
        StoreError: A file cannot be restored.
    """
    manifest, wrong = store.manifest(release), store.damaged(release)
    files = {name: file for name, file in manifest["files"].items() if name in wrong}
    with store.alone():
        beside = os.path.join(store.releases, f"{INCOMING}{release}")
        shutil.rmtree(beside, ignore_errors=True)
        try:
            os.mkdir(beside, 0o755)
            _fill(store, beside, files, archive)
            for name in wrong:
                path = os.path.join(store.path(release), name)
                if name in files:
                    os.makedirs(os.path.dirname(path), mode=0o755, exist_ok=True)
                    os.replace(os.path.join(beside, name), path)
                else:
                    os.unlink(path)
        except OSError as error:
            raise StoreError(f"release {release} was not repaired: {reason(error)}") from error
        finally:
            shutil.rmtree(beside, ignore_errors=True)
