"""Whether a host can run again what it ran before an upgrade."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Mapping
from typing import Any

from ansible_collections.ansible_airflow.airflow.plugins.module_utils.containers.docker_command import (
    Docker,
    DockerError,
)

# Secrets that Postgres keeps as well: an earlier one opens nothing.
SHARED = ("postgres_password",)


def healthy(docker: Docker, project: str) -> list[str]:
    """Return the services of a compose project that are healthy.

    Raises:
        DockerError: Docker does not answer.
    """
    label = "com.docker.compose"
    found = docker.run(
        *("ps", "--filter", f"label={label}.project={project}", "--filter", "health=healthy"),
        *("--format", f'{{{{.Label "{label}.service"}}}}'),
    )
    return sorted(found.splitlines())


def problems(docker: Docker, kept: str, compose: str, secrets: str) -> list[str]:
    """Return why the services from before would not start, one sentence each.

    Args:
        docker: The docker command.
        kept: Directory of the kept files, each under its own path.
        compose: Path of compose.yml.
        secrets: Directory of the secrets.

    Raises:
        DockerError: Docker does not answer.
    """
    if not os.path.exists(f"{kept}{compose}"):
        return []
    found = []
    services = _services(docker, f"{kept}{compose}")
    for image in sorted({str(service["image"]) for service in services.values()}):
        try:
            docker.run("image", "inspect", "--format", "{{.Id}}", image)
        except DockerError:
            found.append(f"its image {image} is not on this host any more: docker pull {image}.")
    if "postgres" in services and docker.state("airflow-postgres-1"):
        now, then = docker.run("inspect", "--format", "{{.Config.Image}}", "airflow-postgres-1"), services["postgres"]
        if now != then["image"]:
            found.append(f"Postgres ran {then['image']} then and runs {now} now, so the data may not be readable.")
    for name in SHARED:
        before, after = _content(f"{kept}{secrets}/{name}"), _content(f"{secrets}/{name}")
        if before and before != after:
            found.append(f"{secrets}/{name} has changed since, and Postgres knows only the new one.")
    return found


def _services(docker: Docker, file: str) -> Mapping[str, Any]:
    """Return the services of a compose definition."""
    argv = [docker.path, "compose", "--profile", "*", "-f", file, "config", "--format", "json"]
    done = subprocess.run(argv, capture_output=True, text=True, check=False)
    if done.returncode:
        raise DockerError(f"docker compose config: {done.stderr.strip()}")
    return dict(json.loads(done.stdout)["services"])


def _content(path: str) -> str:
    """Return the content of a file; an empty string without one."""
    try:
        with open(path, encoding="utf-8") as file:
            return file.read()
    except OSError:
        return ""
