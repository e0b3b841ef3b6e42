"""What a host already has of a stack, or of somebody else's Airflow under the same names."""

from __future__ import annotations

import json
import os
import urllib.parse
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Optional

from ansible_collections.ansible_airflow.airflow.plugins.module_utils.containers import postgres
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.containers.engine import Engine, EngineError

# Label of all containers that the stack creates, since its first version; see plan/compose.py.
OUR_LABEL = "ansible-airflow.files"
# Label of the servers that an upgrade of Postgres starts on the data.
UPGRADE_LABEL = "ansible-airflow.upgrade"
# What every version of the command `airflow` contains; see the template airflow.sh.j2.
OUR_COMMAND = "label=com.docker.compose.project="
# Directory of the DAGs in Airflow's containers. Its source on the host is in the stack's directory.
DAGS = "/opt/airflow/dags"
COMPOSE = "com.docker.compose."
FOUND, MISSING = 200, 404
# Seconds to wait for Postgres, which can be stopped or blocked.
PATIENCE = 15
REVISION_QUERY = "SELECT version_num FROM alembic_version"


def containers(engine: Engine, project: str) -> list[dict[str, Any]]:
    """Return the containers of a compose project.

    Args:
        engine: The host's engine.
        project: Name of the project.

    Returns:
        For each container its ``name``; ``service``; ``image_id``; ``running``; ``ours``, whether this stack created
        it; ``project_directory``, the directory of the project that created it; and ``directory``, the stack's
        directory that it mounts, empty without a mount.

    Raises:
        EngineError: The engine does not answer.
    """
    return [
        {
            "name": entry["Names"][0].lstrip("/"),
            "service": entry["Labels"].get(f"{COMPOSE}service", ""),
            "image_id": entry["ImageID"],
            "running": entry["State"] == "running",
            "ours": OUR_LABEL in entry["Labels"],
            "project_directory": entry["Labels"].get(f"{COMPOSE}project.working_dir", ""),
            "directory": _stack_directory(entry.get("Mounts") or []),
        }
        for entry in _listed(engine, f"{COMPOSE}project={project}", stopped=True)
    ]


def _listed(engine: Engine, label: str, *, stopped: bool) -> list[dict[str, Any]]:
    """Return the containers with a label, as the engine describes them.

    Args:
        engine: The host's engine.
        label: The label, with or without a value.
        stopped: Whether containers that do not run are listed as well.
    """
    filters = urllib.parse.quote(json.dumps({"label": [label]}))
    status, answer = engine.get(f"/containers/json?all={int(stopped)}&filters={filters}")
    if status != FOUND:
        raise EngineError(f"the list of containers has status {status}")
    return list(answer)


def upgrading(engine: Engine) -> list[str]:
    """Return the names of the servers that an upgrade of Postgres has started on this host, and that still run.

    Args:
        engine: The host's engine.

    Raises:
        EngineError: The engine does not answer.
    """
    return sorted(entry["Names"][0].lstrip("/") for entry in _listed(engine, UPGRADE_LABEL, stopped=False))


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


def volume(engine: Engine, name: str) -> Optional[dict[str, Any]]:  # noqa: UP045  # Python 3.9 on hosts
    """Return the volume of a Postgres; None if it does not exist.

    Args:
        engine: The host's engine.
        name: Name of the volume.

    Returns:
        ``directory``, its directory on the host; ``postgres``, the major version that created its data, empty if it
        holds none; and ``owner``, the user id of the data, -1 if it holds none.

    Raises:
        EngineError: The engine does not answer.
    """
    status, answer = engine.get(f"/volumes/{urllib.parse.quote(name)}")
    if status == MISSING:
        return None
    if status != FOUND:
        raise EngineError(f"volume {name} has status {status}")
    directory = answer["Mountpoint"]
    version = postgres.version(directory)
    owner = os.stat(os.path.join(directory, "PG_VERSION")).st_uid if version else -1
    return {"directory": directory, "postgres": version, "owner": owner}


def evidence(paths: Mapping[str, str], secret: Mapping[str, str], since: str) -> list[str]:
    """Return the files that show that a database was created on this host.

    Args:
        paths: For each path the text that the file contains in that case.
        secret: The same for a secret with the address of the database, which the first run generates just before it
            creates the database.
        since: Path of a file that runs create before they generate secrets, and then leave alone. A secret that is
            older belongs to a stack of an earlier version, which has a database.
    """
    older = {path: text for path, text in secret.items() if _is_older(path, since)}
    found = []
    for path, text in {**paths, **older}.items():
        try:
            with open(path, encoding="utf-8", errors="replace") as file:
                if text in file.read():
                    found.append(path)
        except OSError:
            continue
    return found


def _is_older(path: str, other: str) -> bool:
    """Return whether a file exists and was written before another one, which may be missing."""
    if not os.path.exists(path):
        return False
    try:
        return os.stat(path).st_mtime < os.stat(other).st_mtime
    except FileNotFoundError:
        return True


def revision(
    run_command: Callable[[list[str]], tuple[int, str, str]], socket: str, entries: Sequence[Mapping[str, Any]]
) -> str:
    """Return the revision of Airflow's schema, from the stack's own Postgres on this host.

    Args:
        run_command: Runs an argument list, and returns exit code, output and error output.
        socket: Socket of the engine.
        entries: The containers of the project.

    Returns:
        The revision; empty if Postgres does not run or answer, or if there is no schema.
    """
    for entry in entries:
        if entry["ours"] and entry["service"] == "postgres" and entry["running"]:
            argv = ["timeout", str(PATIENCE), "docker", "--host", f"unix://{socket}", "exec", entry["name"]]
            code, out, _ = run_command([*argv, "psql", "-U", "airflow", "-d", "airflow", "-Atc", REVISION_QUERY])
            return out.strip() if code == 0 else ""
    return ""
