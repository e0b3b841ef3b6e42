"""Connections whose type no provider of another release knows."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping

from ansible_collections.ansible_airflow.airflow.plugins.module_utils.containers.compose import run_within
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.containers.docker_command import Docker
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.containers.postgres import Server

# Prints the connection types with a hook in a line of its own; libraries can print warnings before it.
PROGRAM = """
import json
from airflow.providers_manager import ProvidersManager
print("\\n" + json.dumps(sorted(name for name, hook in ProvidersManager().hooks.items() if hook)))
"""
# Types for connections that tasks read themselves; no release has a hook for them.
WITHOUT_HOOK = {"", "generic", "email"}
USED = """
SELECT json_build_array(conn_type, json_agg(conn_id ORDER BY conn_id)) FROM connection
WHERE conn_type IS NOT NULL GROUP BY conn_type ORDER BY conn_type
"""
# Seconds for the list of types, and names of connections to show of each type.
SECONDS, SHOWN = 300, 5


def known(docker: Docker, container: str, image: str) -> set[str]:
    """Return the connection types that an image of Airflow has a hook for; empty if it does not say.

    Args:
        docker: The docker command.
        container: Name for its container, which is removed afterwards.
        image: The image.
    """
    alone = ["--rm", "--name", container, "--network", "none", "--env", "CONNECTION_CHECK_MAX_COUNT=0"]
    _, out, _ = run_within([docker.path, "run", *alone, image, "python", "-c", PROGRAM], SECONDS, "")
    docker.remove(container)
    lines = [line for line in out.splitlines() if line.startswith("[")]
    return set(json.loads(lines[-1])) if lines else set()


def used(server: Server, database: str) -> dict[str, list[str]]:
    """Return the ids of connections by type.

    Raises:
        PostgresError: The server does not answer.
    """
    return dict(json.loads(line) for line in server.ask(USED, database))


def unknown(connections: Mapping[str, Iterable[str]], types: set[str], release: str) -> list[str]:
    """Return which connections have a type that a release does not know, one sentence for each type.

    Args:
        connections: Ids of connections by type.
        types: Types that the release has a hook for; empty if that is not known.
        release: The release.
    """
    found = {name: list(ids) for name, ids in connections.items() if types and name not in types | WITHOUT_HOOK}
    return [
        f"No provider in the image of Airflow {release} knows the type {name} of connection "
        f"{', '.join(ids[:SHOWN])}{f' and {len(ids) - SHOWN} more' if len(ids) > SHOWN else ''}. Hooks cannot use it: "
        "add its provider to airflow_extra_packages."
        for name, ids in found.items()
    ]
