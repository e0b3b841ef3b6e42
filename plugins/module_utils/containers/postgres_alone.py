"""A temporary Postgres without a network, which only programs on its host reach."""

from __future__ import annotations

import time
from collections.abc import Sequence

from ansible_collections.ansible_airflow.airflow.plugins.module_utils.containers.docker_command import Docker
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.containers.postgres import PostgresError, Server


def start_alone(
    docker: Docker, server: Server, image: str, options: Sequence[str], seconds: float, *command: str
) -> None:
    """Start a server, and wait until it answers.

    Args:
        docker: The docker command.
        server: The server, whose container does not exist yet.
        image: Its image.
        options: Further options of ``docker run``.
        seconds: How long to wait.
        command: Arguments after the image.

    Raises:
        DockerError: The container cannot be created.
        PostgresError: The server does not start.
    """
    alone = ["--network", "none", "--shm-size", "128m"]
    docker.run("run", "--detach", "--name", server.container, *alone, *options, image, *command)
    until = time.monotonic() + seconds
    while not server.answers():
        if time.monotonic() > until or docker.state(server.container) != "running":
            raise PostgresError(f"{image} does not start: {docker.logs(server.container)}")
        time.sleep(0.5)
