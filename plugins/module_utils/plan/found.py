"""The state of a host before a run changes it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import PurePosixPath
from typing import Any

from ansible_collections.ansible_airflow.airflow.plugins.module_utils.plan.network import is_replaced

# Owner of data that do not exist.
NO_DATA = -1
# Trees that Airflow reads through a link to a release.
TREES = ("dags", "plugins")


def found(
    socket: Mapping[str, Any],
    deployed: Mapping[str, Any],
    links: Mapping[str, Any],
    engine: Mapping[str, Any],
    earlier: Mapping[str, Any],
    *,
    subnet: str,
) -> dict[str, Any]:
    """Return the state of a stack on a host.

    Args:
        socket: Result of ``ansible.builtin.stat`` for Docker's socket.
        deployed: The same for compose.yml.
        links: Results of a loop of the same module over the links of the trees, in the order of `TREES`.
        engine: Result of ``community.docker.docker_host_info`` with volumes and images. Skipped where the run may not
            query the engine: check mode queries it only where a stack is already deployed.
        earlier: Result of the module airflow_deployed, from preflight.
        subnet: Value of ``airflow_network_subnet``.

    Returns:
        ``engine_usable``, whether the engine was queried; ``deployed``, whether compose.yml exists; ``docker_gid``, the
        group id of Docker's socket, as text; ``current``, the release that each tree's link points to, empty if there
        is no link; ``images``, as the engine lists them; and ``volumes``, their names, None if the engine was not
        queried; ``evidence``, files that show that a database was created on the host; ``containers``, the stack's
        containers with ``name``, ``service`` and ``running``; ``container_images``, the id of the image of each
        service's container; ``database_owner``, the user id of Postgres' data, -1 without data; ``network_mtu``, the
        MTU of networks in daemon.json; and ``network_replaced``, whether the run must create the network anew.
    """
    asked, mtu = "volumes" in engine, earlier["host_network"]["mtu"]
    targets = [result["stat"].get("lnk_target", "") for result in links["results"]]
    return {
        "engine_usable": asked,
        "deployed": deployed["stat"]["exists"],
        "docker_gid": str(socket["stat"].get("gid", 0)),
        "current": {tree: PurePosixPath(target).name for tree, target in zip(TREES, targets, strict=True)},
        "volumes": [volume["Name"] for volume in engine["volumes"]] if asked else None,
        "images": list(engine.get("images", [])),
        "evidence": list(earlier["evidence"]),
        "containers": [
            {"name": entry["name"], "service": entry["service"], "running": entry["running"]}
            for entry in earlier["containers"]
            if entry["ours"]
        ],
        "container_images": {entry["service"]: entry["image_id"] for entry in earlier["containers"]},
        "database_owner": earlier["volume"].get("owner", NO_DATA),
        "network_mtu": mtu,
        "network_replaced": is_replaced(earlier["network"], subnet, mtu),
    }
