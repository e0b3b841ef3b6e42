"""The version of this collection."""

from __future__ import annotations

import json
import re
from functools import cache
from pathlib import Path

# Directory of the collection that contains this file.
ROOT = Path(__file__).resolve().parents[3]


@cache
def collection_version(root: Path = ROOT) -> str:
    """Return the version: of an installed collection from its MANIFEST.json, of a checkout from its galaxy.yml.

    Args:
        root: Directory of the collection.

    Returns:
        The version, or an empty string if neither file has one.
    """
    try:
        manifest = json.loads((root / "MANIFEST.json").read_text(encoding="utf-8"))
        return str(manifest["collection_info"]["version"])
    except (OSError, ValueError, KeyError):
        pass
    try:
        found = re.search(r"^version: *(\S+)", (root / "galaxy.yml").read_text(encoding="utf-8"), re.MULTILINE)
    except OSError:
        return ""
    return found[1] if found else ""
