"""Which files of a host need no change."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from pathlib import Path, PurePosixPath
from typing import Any


def same_files(found: Sequence[Mapping[str, Any]], source: str, mode: str = "0644") -> list[str]:
    """Return the names of files that copying would not change.

    Args:
        found: What ``ansible.builtin.find`` with ``get_checksum`` tells of a directory of the host.
        source: Directory of the controller.
        mode: Mode that they must have, in octal digits. Their owner and group must be root.

    Returns:
        Names without a directory.
    """
    return [
        name
        for file in found
        if (name := PurePosixPath(file["path"]).name)
        and (own := Path(source) / name).is_file()
        and file["checksum"] == hashlib.sha1(own.read_bytes()).hexdigest()  # noqa: S324
        and (file["uid"], file["gid"], int(file["mode"], 8)) == (0, 0, int(mode, 8))
    ]
