"""Project images that a host lacks or has in an outdated version."""

from __future__ import annotations

import hashlib
import json
import posixpath
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from ansible_collections.ansible_airflow.airflow.plugins.module_utils.host.sources import find_source
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.host.tree import file_digest, tree_digest

# Key of an image's path on the controller, by source.
ORIGIN = {"archive": "archive", "build": "build_context"}


def projects_images(projects: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Return the distinct images of the present projects, with ``source`` filled in.

    Args:
        projects: Value of ``projects_list``, already checked.
    """
    wanted = [p["image"] for p in projects if p.get("state", "present") == "present" and p.get("image")]
    return list({str(image["name"]): {"source": "pull", **image} for image in wanted}.values())


def archive_note(name: str) -> str:
    """Return the name of a host's file that records the archive loaded for an image.

    Args:
        name: The image's name.
    """
    return name.replace("/", "_")


def archive_record(digest: str, image_id: str) -> str:
    """Return a host's record of a loaded archive; the image itself does not record its archive."""
    return f"{digest} {image_id}\n"


def projects_image_work(
    images: Sequence[Mapping[str, Any]],
    found: Sequence[Mapping[str, Any]],
    records: Sequence[Mapping[str, Any]],
    label: str,
    inventories: Sequence[str],
) -> dict[str, list[dict[str, Any]]]:
    """Return the images to load or build so that the host has the controller's version of each one.

    Args:
        images: What projects_images returned.
        found: Results of docker_image_info, one per image, in the same order.
        records: Files that the module find returned for the records of archives, with ``path`` and SHA-256
            ``checksum``.
        label: Label of a built image with the digest of what it was built from.
        inventories: Inventory sources of the run; relative paths are looked up in their directories.

    Returns:
        ``archive`` and ``build``: the images to load and to build, each with ``path``, its origin on the controller,
        and ``digest``. Pulled images are not included: docker_image_pull compares them itself.

    Raises:
        OSError: An origin cannot be read.
        ValueError: A build context has an entry that is neither a file, a directory nor a symbolic link.
    """
    work: dict[str, list[dict[str, Any]]] = {"archive": [], "build": []}
    noted = {posixpath.basename(record["path"]): record["checksum"] for record in records}
    for image, info in zip(images, found, strict=True):
        if image["source"] not in work:
            continue
        held = (list(info.get("images") or []) or [{}])[0]
        path = Path(str(find_source(str(image[ORIGIN[image["source"]]]), inventories)))
        if image["source"] == "archive":
            digest = file_digest(path)
            line = archive_record(digest, str(held.get("Id", "")))
            there = bool(held) and noted.get(archive_note(image["name"])) == hashlib.sha256(line.encode()).hexdigest()
        else:
            args = {str(key): str(value) for key, value in (image.get("build_args") or {}).items()}
            digest = tree_digest(path, json.dumps(args, sort_keys=True))
            there = ((held.get("Config") or {}).get("Labels") or {}).get(label) == digest
        if not there:
            work[image["source"]].append({**image, "path": str(path), "digest": digest})
    return work
