"""Files that are replaced as a whole, so that no reader sees half of one."""

from __future__ import annotations

import contextlib
import os
from typing import Optional


def write(path: str, text: str, mode: int, owner: Optional[int] = None) -> None:  # noqa: UP045  # Python 3.9 on hosts
    """Write a file atomically, with its mode from the first moment.

    Args:
        path: The file, in a directory that only its owner may write to.
        text: Content of the file.
        mode: Permissions of the file.
        owner: User id of the file's owner, with the group root; None keeps the user of this process.

    Raises:
        OSError: The file cannot be written. An earlier one is unchanged.
    """
    temporary = f"{path}.new"
    try:
        descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW, mode)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            # Whatever the umask is.
            os.fchmod(descriptor, mode)
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        if owner is not None:
            os.chown(temporary, owner, 0)
        os.replace(temporary, path)
    except BaseException:
        with contextlib.suppress(OSError):
            os.unlink(temporary)
        raise
