"""The memory and the disks that a host needs for its services. All numbers are here; docs/stack.md explains them.

``airflow_host_minimums`` replaces them. The official compose file of Airflow asks for 4 GB of memory and 10 GB of disk
for all services on one machine.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

Dict = dict[str, Any]

# Memory of each service in MiB, more than measured; of a worker without its slots. docs/stack.md has figures.
MEMORY = {
    "postgres": 150,
    "redis": 50,
    "scheduler": 300,
    "dag-processor": 300,
    "triggerer": 200,
    "webserver": 450,
    "worker": 250,
    "execution-api": 350,
}
# For each slot of a worker, and for the system, Docker and airflow-watch.
SLOT_MEMORY, SYSTEM_MEMORY = 25, 400

# Free space in MiB that a new host needs in each place, and below which the space is low on a host that is in use.
# Images take 3 to 5 GiB, twice during an update; a backup leaves 512 MiB free.
IMAGES, LOGS, RECORDS = (6144, 2048), (1024, 1024), (64, 64)
POSTGRES, REDIS, BACKUPS = (1024, 1024), (256, 256), (1024, 1024)
# Free inodes that a new host needs on each file system, and below which they are low. An image has up to 100,000 files.
INODES = (200_000, 20_000)
# The place for which these numbers are meant; others have few and large files.
IMAGES_PLACE, FEW_INODES = "Docker's data", 1000
KEYS = ("memory", "disk", "disk_low", "inodes", "inodes_low")
# Directory of the dumps of a backup.
DUMPS = "/var/lib/airflow-backup"
VOLUMES = {
    "postgres": ("Postgres' data", "airflow_postgres_data", POSTGRES),
    "redis": ("Redis' data", "airflow_redis_data", REDIS),
}


def capacity(inputs: Mapping[str, Any], plan: Mapping[str, Any]) -> Dict:
    """Return what a host needs.

    Args:
        inputs: The public variables of role airflow that are set, by name.
        plan: The plan of the host.

    Returns:
        ``memory`` in MiB, by service; ``places``, for each its ``name``, and its ``path`` or ``volume`` (without both,
        it is Docker's data directory); ``space`` by name of the place, as ``needed`` and ``low`` in MiB; ``inodes`` and
        ``inodes_low`` of each file system; and ``minimums``, the numbers from the inventory.
    """
    services, minimums = plan["services"]["running"], inputs["airflow_host_minimums"]
    wanted = _places(inputs, plan, services)
    lowest = minimums.get("disk_low")
    space = {
        place["name"]: {"needed": needed, "low": low if lowest is None else lowest} for place, (needed, low) in wanted
    }
    return {
        "memory": _memory(inputs, services),
        "places": [place for place, _ in wanted],
        "space": space,
        "inodes": minimums.get("inodes", INODES[0]),
        "inodes_low": minimums.get("inodes_low", INODES[1]),
        "minimums": dict(minimums),
    }


def inodes(places: Iterable[str], minimum: int) -> int:
    """Return the free inodes that a file system needs.

    Args:
        places: Names of the places on it.
        minimum: The minimum for the place of the images.
    """
    return minimum if IMAGES_PLACE in places else min(minimum, FEW_INODES)


def _places(
    inputs: Mapping[str, Any], plan: Mapping[str, Any], services: list[str]
) -> list[tuple[dict[str, str], tuple[int, int]]]:
    """Return the places that the stack writes to, with the space that they need, and below which it is low."""
    repository = str(inputs["airflow_backup_repository"])
    volumes = [(service, *row) for service, row in VOLUMES.items() if service in services]
    # airflow-watch creates the reserve later.
    reserve = {"postgres": int(inputs["airflow_postgres_reserve"])}
    return [
        (_place(IMAGES_PLACE), IMAGES),
        (_place("task logs", path=inputs["airflow_directory"]), LOGS),
        (_place("records", path=plan["records"]), RECORDS),
        *(
            (_place(name, volume=volume), (needed + reserve.get(service, 0), low))
            for service, name, volume, (needed, low) in volumes
        ),
        *([(_place("dumps", path=DUMPS), BACKUPS)] if inputs["airflow_backup_enabled"] else []),
        *(
            [(_place("backups", path=repository), BACKUPS)]
            if inputs["airflow_backup_enabled"] and repository.startswith("/")
            else []
        ),
    ]


def _place(name: str, path: str = "", volume: str = "") -> dict[str, str]:
    return {"name": name, "path": path, "volume": volume}


def _memory(inputs: Mapping[str, Any], services: list[str]) -> dict[str, int]:
    """Return the memory of the services of a host, in MiB."""
    found = {name: MEMORY[name] for name in services if name in MEMORY}
    if "worker" in found:
        found["worker"] += SLOT_MEMORY * int(inputs["airflow_worker_concurrency"])
    return {**found, "the system": SYSTEM_MEMORY}
