"""Engines and settings of a host that role docker does not manage, answered before anything is changed."""

from __future__ import annotations

import base64
import re
from collections.abc import Mapping, Sequence
from typing import Any

from ansible_collections.ansible_airflow.airflow.plugins.module_utils.findings.finding import Finding

# Packages that bring another engine, or a command of its name, with what to do.
FOREIGN = {
    "podman-docker": "the command docker on this host is podman's. Remove it by apt-get remove podman-docker",
    "moby-engine": "the engine on this host is Microsoft's moby-engine, which the packages of this role would replace. "
    "Remove it by apt-get remove moby-engine; containers and volumes stay in /var/lib/docker",
}
SNAP = (
    "the engine on this host is a snap, which sees neither /usr/local/projects nor the network of the other "
    "services. Save its volumes, and remove it by snap remove docker."
)
SWARM = (
    "this host is a node of a Docker Swarm, whose engine does not start with live-restore; write docker_live_restore: "
    "false."
)
HOSTS = (
    "the engine's unit already has the flag --host, and the engine does not start with both. Write a drop-in for "
    "docker.service whose ExecStart lacks the flag, or remove hosts."
)
# What exists on such hosts.
SNAP_FILE, SWARM_FILE = "/snap/bin/docker", "/var/lib/docker/swarm/docker-state.json"
# Flags of dockerd whose option in daemon.json has another name.
RENAMED = {
    "registry-mirror": "registry-mirrors",
    "insecure-registry": "insecure-registries",
    "log-opt": "log-opts",
    "host": "hosts",
    "H": "hosts",
    "label": "labels",
    "default-address-pool": "default-address-pools",
    "default-ulimit": "default-ulimits",
    "dns-opt": "dns-opts",
    "authorization-plugin": "authorization-plugins",
    "storage-opt": "storage-opts",
    "exec-opt": "exec-opts",
    "g": "data-root",
    "graph": "data-root",
    "D": "debug",
    "b": "bridge",
}
FLAG = re.compile(r"(?:^|\s)--?([A-Za-z][A-Za-z-]*)")


def foreign_problems(installed: Mapping[str, str], paths: Mapping[str, Any], *, live_restore: bool) -> list[Finding]:
    """Return which engine or mode of the host this role cannot manage.

    Args:
        installed: Packages on the host with their versions.
        paths: What is at SNAP_FILE and SWARM_FILE, by path.
        live_restore: Value of ``docker_live_restore``.
    """
    problems = [Finding("engine-foreign", "docker", f"{FOREIGN[name]}.") for name in FOREIGN if name in installed]
    if SNAP_FILE in paths:
        problems.append(Finding("engine-snap", "docker", SNAP))
    if SWARM_FILE in paths and live_restore:
        problems.append(Finding("engine-swarm", "docker_live_restore", SWARM))
    return problems


def flag_problems(units: Sequence[Mapping[str, Any]], options: Mapping[str, Any]) -> list[Finding]:
    """Return the flags in the engine's unit that daemon.json has too; the engine does not start with both.

    Args:
        units: Files of people's own that change docker.service, each with ``source``, its path, and ``content`` in
            base64.
        options: The wanted content of daemon.json.
    """
    if "hosts" in options and not units:
        # The units of all packages contain -H fd://.
        return [Finding("engine-flag-twice", "docker_daemon_options.hosts", HOSTS)]
    problems = []
    for unit in units:
        text = base64.b64decode(unit["content"]).decode(errors="replace").replace("\\\n", " ")
        commands = re.findall(r"^ExecStart=(.+)$", text, re.MULTILINE)
        flags = {RENAMED.get(name, name): name for command in commands[-1:] for name in FLAG.findall(command)}
        problems += [
            Finding(
                "engine-flag-twice",
                str(unit["source"]),
                f"it starts the engine with {'-' if len(flags[key]) == 1 else '--'}{flags[key]}, and daemon.json gets "
                f"{key}; the engine does not start with both. Move the flag into docker_daemon_options, and remove it "
                "there.",
            )
            for key in sorted(set(flags) & set(options))
        ]
    return problems
