"""Inputs of role docker from the controller: the key of Docker's repository, and CA certificates."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from ansible_collections.ansible_airflow.airflow.plugins.module_utils.host.sources import required_source

# Directory of a host from which update-ca-certificates reads certificates.
CERTIFICATES = "/usr/local/share/ca-certificates"


def repository_key(key: str, url: str, distribution: str, inventories: Sequence[str]) -> str:
    """Return the signing key of Docker's repository as ``deb822_repository`` takes it.

    Args:
        key: Value of ``docker_repository_key``.
        url: Value of ``docker_repository_url``.
        distribution: Name of the host's distribution, such as ``Debian``.
        inventories: Inventory sources of the run; relative paths are looked up in their directories.

    Returns:
        A URL, or the text of the key.

    Raises:
        OSError: The file does not exist or cannot be read.
    """
    if not key:
        return f"{url}/{distribution.lower()}/gpg"
    return key if re.match(r"https?://", key) else _text(key, inventories).rstrip()


def certificates(entries: Sequence[Mapping[str, Any]], inventories: Sequence[str]) -> list[dict[str, str]]:
    """Return the files that hold the CA certificates on the host.

    Args:
        entries: Value of ``docker_ca_certificates``, already checked.
        inventories: Inventory sources of the run; relative paths are looked up in their directories.

    Returns:
        ``name``, ``path``, ``owner``, ``group``, ``mode`` and ``content`` (PEM) of each.

    Raises:
        OSError: A file does not exist or cannot be read.
    """
    found = []
    for entry in entries:
        content = entry.get("content")
        text = str(content) if content is not None else _text(str(entry["src"]), inventories)
        path = f"{CERTIFICATES}/{entry['name']}.crt"
        file = {"path": path, "owner": "root", "group": "root", "mode": "0644", "content": f"{text.strip()}\n"}
        found.append({"name": str(entry["name"]), **file})
    return found


def _text(path: str, inventories: Sequence[str]) -> str:
    return required_source(path, inventories).read_text(encoding="utf-8")
