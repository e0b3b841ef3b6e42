"""What an engine says of images, and of building one."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any


def image_ids(names: Sequence[str], inspected: Sequence[Mapping[str, Any]]) -> dict[str, str]:
    """Return the id of each image that the engine has.

    :param names: image references as the inventory writes them, such as ``postgres:15``
    :param inspected: what the engine says of images; each has ``Id`` and ``RepoTags``
    :returns: id by name; an image that is not among them is left out
    """
    by_tag = {tag: image["Id"] for image in inspected for tag in image.get("RepoTags") or []}
    return {name: by_tag[name] for name in names if name in by_tag}


def pip_errors(built: Mapping[str, Any]) -> str:
    """Return what pip complained of in a build that failed.

    :param built: result of the module docker_image_build
    :returns: pip's lines with an error and what depends on what, or else the end of what was said
    """
    said = "\n".join(str(built.get(part) or "") for part in ("stdout", "stderr", "msg"))
    lines = [re.sub(r"^#\d+ [\d.]+ +", "", line.strip()) for line in said.splitlines()]
    # The builder's own error only says that pip failed.
    telling = r"(?i)error: (?!failed to solve)|The user requested|\S+ \S+ (depends on|requires|has requirement)"
    found = [line for line in lines if re.match(telling, line)]
    return "\n".join(dict.fromkeys(found)) or "\n".join(lines[-10:])
