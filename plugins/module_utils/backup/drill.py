"""Restores a set into a temporary Postgres that nobody reaches, to prove that it can be restored."""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Callable, Mapping
from typing import Any

from ansible_collections.ansible_airflow.airflow.plugins.module_utils.backup import (
    databases,
    fernet,
    manifest,
    restore,
    space,
    status,
)
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.backup.restic import Restic
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.backup.settings import BackupError, Settings
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.containers import postgres
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.containers.docker_command import (
    Docker,
    DockerError,
)
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.containers.postgres import PostgresError, Server
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.containers.postgres_alone import start_alone

CONTAINER, LABEL = "airflow-restore-drill", "ansible-airflow.drill"
# Seconds until the temporary server answers.
PATIENCE = 300
# Texts that Airflow encrypts, by table.
ENCRYPTED = {
    "connection": (
        "SELECT password FROM connection WHERE is_encrypted AND password <> '' "
        "UNION ALL SELECT extra FROM connection WHERE is_extra_encrypted AND extra <> ''"
    ),
    "variable": "SELECT val FROM variable WHERE is_encrypted AND val <> ''",
}

# What is compared in a set whose database people have excluded: that it can be read, and the Fernet key restored.
NOTHING = {"tables": 0, "rows": 0, "encrypted": 0}


def rehearse(settings: Settings, wanted: str, doing: Callable[[str], None]) -> dict[str, Any]:
    """Restore the databases of a set into a temporary server, compare them with the manifest, and record the result.

    Args:
        settings: Settings of the keeper.
        wanted: Name of the set, or ``latest``.
        doing: Called before each step, with its name.

    Returns:
        ``set``, ``finished``, ``seconds``, and how many ``tables``, ``rows`` and ``encrypted`` texts were compared.

    Raises:
        BackupError: The set cannot be restored.
    """
    began, directory = time.time(), os.path.join(settings.staging, "drill")
    docker = Docker(shutil.which("docker") or "/usr/bin/docker")
    try:
        found = manifest.find(Restic(settings), wanted)
        doing(f"restoring set {found['set']}")
        docker.remove(CONTAINER)
        _fetch(settings, docker, found, directory)
        counted = _load(settings, docker, found, directory, doing) if found["databases"] else dict(NOTHING)
        seconds = round(time.time() - began, 1)
        return status.done(settings.records, "drill", set=found["set"], seconds=seconds, **counted)
    except Exception as error:
        # Whatever it is, people must hear of it.
        text = str(error) if isinstance(error, (BackupError, PostgresError, DockerError, OSError)) else repr(error)
        status.failed(settings.records, "drill", text)
        raise BackupError(f"the drill failed: {text}") from error
    finally:
        shutil.rmtree(directory, ignore_errors=True)
        docker.remove(CONTAINER)


def _fetch(settings: Settings, docker: Docker, found: Mapping[str, Any], directory: str) -> None:
    """Restore the dumps and the Fernet key of a set to a directory."""
    needed = sum(entry["bytes"] for entry in found["databases"].values())
    os.makedirs(settings.staging, mode=0o700, exist_ok=True)
    space.demand(settings.staging, needed, "the dumps")
    # With indexes and the write-ahead log.
    space.demand(docker.run("info", "--format", "{{.DockerRootDir}}"), 3 * needed, "the temporary Postgres")
    part, key = found["hosts"][found["keeper"]]["snapshot"], os.path.join(found["paths"]["secrets"], "fernet_key")
    restore.fetch(Restic(settings), part, directory, [found["staging"], key])
    restore.compare(found, f"{directory}{found['staging']}")


def _load(
    settings: Settings, docker: Docker, found: Mapping[str, Any], directory: str, doing: Callable[[str], None]
) -> dict[str, int]:
    """Restore all databases, and return how much was compared."""
    image = settings.external.get("image") or docker.run("inspect", "--format", "{{.Image}}", settings.container)
    server = Server(docker.path, CONTAINER)
    doing("starting a temporary Postgres")
    # Nobody reaches it: it has no network.
    options = ["--env", f"POSTGRES_USER={postgres.USER}", "--env", "POSTGRES_HOST_AUTH_METHOD=trust"]
    start_alone(docker, server, image, [*options, "--label", LABEL], PATIENCE)
    dumps = f"{directory}{found['staging']}"
    databases.load(server, found, dumps, "drill", doing)
    doing("looking for texts that the key does not decrypt")
    with open(f"{directory}{found['paths']['secrets']}/fernet_key", encoding="utf-8") as file:
        keys = file.read()
    texts, wrong = decrypted(server, found["database"], keys)
    if wrong:
        raise BackupError(f"{wrong} are encrypted with another Fernet key.")
    tables = [rows for entry in found["databases"].values() for rows in entry["rows"].values()]
    return {"tables": len(tables), "rows": sum(tables), "encrypted": texts}


def decrypted(server: Server, database: str, keys: str) -> tuple[int, str]:
    """Return how many texts of Airflow's database are encrypted, and in words which of them the keys do not decrypt.

    Args:
        server: The server.
        database: Airflow's database.
        keys: Keys in url-safe base64, separated by commas.

    Raises:
        PostgresError: The server does not answer.
    """
    texts = [(table, token) for table, query in ENCRYPTED.items() for token in server.ask(query, database)]
    wrong = [table for table, token in texts if not fernet.opens(token, keys)]
    return len(texts), f"{len(wrong)} texts in {', '.join(sorted(set(wrong)))}" if wrong else ""
