"""Image ids, and pip's errors in a failed build."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any


def image_ids(names: Sequence[str], inspected: Sequence[Mapping[str, Any]]) -> dict[str, str]:
    """Return the id of each image that the engine has.

    Args:
        names: Image references as the inventory writes them, such as ``postgres:15``.
        inspected: The engine's images, each with ``Id`` and ``RepoTags``.

    Returns:
        Id by name; images that the engine lacks are left out.
    """
    by_tag = {tag: image["Id"] for image in inspected for tag in image.get("RepoTags") or []}
    return {name: by_tag[name] for name in names if name in by_tag}


def pip_errors(built: Mapping[str, Any]) -> str:
    """Return the errors of pip in a build that failed.

    Args:
        built: Result of the module docker_image_build.

    Returns:
        The lines of pip with errors and conflicting dependencies, or else the last lines of the output.
    """
    said = "\n".join(str(built.get(part) or "") for part in ("stdout", "stderr", "msg"))
    lines = [re.sub(r"^#\d+ [\d.]+ +", "", line.strip()) for line in said.splitlines()]
    # The builder's own error only says that pip failed.
    telling = r"(?i)error: (?!failed to solve)|The user requested|\S+ \S+ (depends on|requires|has requirement)"
    found = [line for line in lines if re.match(telling, line)]
    return "\n".join(dict.fromkeys(found)) or "\n".join(lines[-10:])
