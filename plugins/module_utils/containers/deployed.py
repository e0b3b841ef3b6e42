"""What a host already has of a stack, or of somebody else's Airflow under the same names."""

from __future__ import annotations

import json
import os
import urllib.parse
from collections.abc import Mapping, Sequence
from typing import Any, Optional

from ansible_collections.ansible_airflow.airflow.plugins.module_utils.containers.engine import Engine, EngineError

# Label of all containers that the stack creates, since its first version; see plan/compose.py.
OUR_LABEL = "ansible-airflow.files"
# What every version of the command `airflow` contains; see the template airflow.sh.j2.
OUR_COMMAND = "label=com.docker.compose.project="
# Directory of the DAGs in Airflow's containers. Its source on the host is in the stack's directory.
DAGS = "/opt/airflow/dags"
COMPOSE = "com.docker.compose."
FOUND, MISSING = 200, 404


def containers(engine: Engine, project: str) -> list[dict[str, Any]]:
    """Return the containers of a compose project.

    Args:
        engine: The host's engine.
        project: Name of the project.

    Returns:
        For each container its ``name``; ``ours``, whether this stack created it; ``project_directory``, the directory
        of the project that created it; and ``directory``, the stack's directory that it mounts, empty without a mount.

    Raises:
        EngineError: The engine does not answer.
    """
    filters = urllib.parse.quote(json.dumps({"label": [f"{COMPOSE}project={project}"]}))
    status, answer = engine.get(f"/containers/json?all=1&filters={filters}")
    if status != FOUND:
        raise EngineError(f"the list of containers has status {status}")
    return [
        {
            "name": entry["Names"][0].lstrip("/"),
            "ours": OUR_LABEL in entry["Labels"],
            "project_directory": entry["Labels"].get(f"{COMPOSE}project.working_dir", ""),
            "directory": _stack_directory(entry.get("Mounts") or []),
        }
        for entry in answer
    ]


def _stack_directory(mounts: Sequence[Mapping[str, Any]]) -> str:
    """Return the directory above the source of the DAGs' mount."""
    sources = [mount.get("Source", "") for mount in mounts if mount.get("Destination") == DAGS]
    return os.path.dirname(sources[0]) if sources else ""


def command(path: str) -> str:
    """Return who installed a command of the host: ``ours``, ``foreign``, or an empty string without one.

    Args:
        path: Path of the command.
    """
    if not os.path.lexists(path):
        return ""
    try:
        with open(path, encoding="utf-8", errors="replace") as file:
            return "ours" if OUR_COMMAND in file.read(10_000) else "foreign"
    except OSError:
        # A broken link, for example into a virtualenv that was removed.
        return "foreign"


def volume(engine: Engine, name: str) -> Optional[dict[str, str]]:  # noqa: UP045  # Python 3.9 on hosts
    """Return the volume of a Postgres; None if it does not exist.

    Args:
        engine: The host's engine.
        name: Name of the volume.

    Returns:
        ``directory``, its directory on the host; and ``postgres``, the major version that created its data, empty if it
        holds none.

    Raises:
        EngineError: The engine does not answer.
    """
    status, answer = engine.get(f"/volumes/{urllib.parse.quote(name)}")
    if status == MISSING:
        return None
    if status != FOUND:
        raise EngineError(f"volume {name} has status {status}")
    version = ""
    try:
        with open(os.path.join(answer["Mountpoint"], "PG_VERSION"), encoding="utf-8") as file:
            version = file.read().strip()
    except OSError:
        pass
    return {"directory": answer["Mountpoint"], "postgres": version}


def evidence(paths: Mapping[str, str]) -> list[str]:
    """Return the files that show that a database was created on this host.

    Args:
        paths: For each path the text that the file contains in that case.
    """
    found = []
    for path, text in paths.items():
        try:
            with open(path, encoding="utf-8", errors="replace") as file:
                if text in file.read():
                    found.append(path)
        except OSError:
            continue
    return found
