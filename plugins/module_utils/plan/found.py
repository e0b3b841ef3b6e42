"""What a host has of a stack before a run changes it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import PurePosixPath
from typing import Any

# Trees that Airflow reads by a link to a release.
TREES = ("dags", "plugins")


def found(
    socket: Mapping[str, Any],
    deployed: Mapping[str, Any],
    links: Mapping[str, Any],
    engine: Mapping[str, Any],
) -> dict[str, Any]:
    """Return what a host has of a stack.

    Args:
        socket: Result of ``ansible.builtin.stat`` for Docker's socket.
        deployed: The same for compose.yml.
        links: Result of a loop of it over the links of the trees, in the order of `TREES`.
        engine: Result of ``community.docker.docker_host_info`` with volumes and images. It was skipped where the run
            may not ask the engine: check mode does so only where a stack was deployed before.

    Returns:
        ``engine_usable``, whether it was asked; ``deployed``, whether there is a compose.yml; ``docker_gid``, the group
        of Docker's socket, as text; ``current``, the release that a link leads to by tree, empty where there is none;
        ``images``, as the engine tells of them; and ``volumes``, their names, None where the engine was not asked.
    """
    asked = "volumes" in engine
    targets = [result["stat"].get("lnk_target", "") for result in links["results"]]
    return {
        "engine_usable": asked,
        "deployed": deployed["stat"]["exists"],
        "docker_gid": str(socket["stat"].get("gid", 0)),
        "current": {tree: PurePosixPath(target).name for tree, target in zip(TREES, targets, strict=True)},
        "volumes": [volume["Name"] for volume in engine["volumes"]] if asked else None,
        "images": list(engine.get("images", [])),
    }
