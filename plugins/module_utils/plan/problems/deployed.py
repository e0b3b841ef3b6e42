"""Checks of what a host already has, against what a run would deploy there."""

from __future__ import annotations

import posixpath
from collections.abc import Mapping
from typing import Any

from ansible_collections.ansible_airflow.airflow.plugins.module_utils.plan.problems.distribution import new_on_alpine
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.plan.problems.mounts import missing_problems
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.plan.problems.release import (
    change_problems,
    postgres_major,
)
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.plan.revisions import head
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.plan.secrets import VOLUME

Found = Mapping[str, Any]

# Name of the file that records that the database was created.
RECORD = "/database_volume"


def deployed_problems(
    found: Found,
    host: str,
    plan: Mapping[str, Any],
    inputs: Mapping[str, Any],
    *,
    removing: bool = False,
    upgrading: bool = False,
    restoring: bool = False,
    changing: bool = False,
) -> list[str]:
    """Return why a run would damage what the host already has.

    Args:
        found: Result of the module airflow_deployed.
        host: Inventory name of the host.
        plan: The plan of the host.
        inputs: The public variables of role airflow: ``airflow_version``, ``airflow_directory``,
            ``airflow_postgres_image`` and ``airflow_accept_empty_database``.
        removing: Whether the run removes the stack, and so needs no database.
        upgrading: Whether the run moves the data to another version of Postgres, which checks them itself.
        restoring: Whether the run replaces the database by one from a backup.
        changing: Whether the run is for a change of the release, and judges the database's schema itself.
    """
    problems = _foreign(found, plan) + _moved(found, inputs["airflow_directory"])
    if found["upgrading"] and not upgrading and not removing:
        problems.append(
            f"an upgrade of Postgres was interrupted, and its servers still use the data: "
            f"{', '.join(found['upgrading'])}. Run playbooks/upgrade_postgres.yml again."
        )
    if found["restoring"] and not restoring and not removing:
        problems.append(
            f"a restore of backup {found['restoring']} was interrupted. Run playbooks/restore_airflow.yml again with "
            "the same variables."
        )
    if not removing:
        problems += _interrupted(found["interrupted"], inputs, changing) + missing_problems(found["missing"])
    if removing or host != plan["keeper"]:
        return problems
    if "postgres" not in plan["services"]["external"] and not upgrading:
        problems += _database(found, inputs, restoring)
    return problems + ([] if restoring or changing else _schema(found, plan, inputs))


def _interrupted(upgrade: Mapping[str, Any], inputs: Mapping[str, Any], changing: bool) -> list[str]:
    """Return why a run must not go on after an upgrade of Airflow that was interrupted.

    Args:
        upgrade: Its record on the host; empty without one.
        inputs: ``airflow_version``, and ``airflow_upgrade_interrupted``, what the run does in that case.
        changing: Whether the run can complete or undo it.
    """
    if not upgrade or (changing and inputs["airflow_upgrade_interrupted"] == "restore"):
        return []
    if changing and inputs["airflow_version"] == upgrade["after"]:
        return []
    after = upgrade["after"]
    return [
        f"an upgrade from Airflow {upgrade['before']} to {after} was interrupted. Run playbooks/upgrade_airflow.yml "
        f"with airflow_version: {after} to complete it, or add -e airflow_upgrade_interrupted=restore to go back."
    ]


def _schema(found: Found, plan: Mapping[str, Any], inputs: Mapping[str, Any]) -> list[str]:
    """Return why the database cannot change to the wanted release.

    migrated.json is only asked if the database does not answer: Postgres is stopped, or external.
    """
    noted = plan["migrated"]
    revision = found["revision"] or noted.get("revision") or head(noted.get("version", ""))
    external = "postgres" in plan["services"]["external"]
    problems = change_problems(revision, inputs["airflow_version"], plan["schemas"], within_series=external)
    if not found["revision"]:
        noted_in = f"{inputs['airflow_directory']}/config/migrated.json"
        return [f"{text} {noted_in} says so; remove it if another database was restored." for text in problems]
    return problems


def _foreign(found: Found, plan: Mapping[str, Any]) -> list[str]:
    """Return what belongs to somebody else and would be removed or overwritten."""
    problems = []
    others = [container for container in found["containers"] if not container["ours"]]
    if others:
        names = ", ".join(sorted(container["name"] for container in others))
        places = sorted({container["project_directory"] for container in others} - {""})
        where = f" of the compose project in {', '.join(places)}" if places else ""
        project = plan["project"]
        problems.append(
            f"containers {names}{where} also belong to a project named {project}, so this run would remove them. Give "
            f"that project another name (docker compose --project-name NAME), or end it with docker compose down."
        )
    # Hosts without a service of Airflow do not get the command.
    if found["command"] == "foreign" and plan["services"]["airflow"]:
        problems.append(
            "/usr/local/bin/airflow was not installed by this project, and this run would overwrite it. Move it away, "
            "for example to /usr/local/bin/airflow-old."
        )
    return problems


def _moved(found: Found, directory: str) -> list[str]:
    """Return whether the stack was deployed to another directory."""
    mounted = {container["directory"] for container in found["containers"] if container["ours"]}
    others = sorted(mounted - {"", posixpath.normpath(directory)})
    return [
        f"airflow_directory: the stack on this host is in {other}, with its logs, DAGs and migration record; write "
        f"{other}. To move it, run playbooks/remove_airflow.yml with {other}, move the directory, and deploy again."
        for other in others
    ]


def _database(found: Found, inputs: Mapping[str, Any], restoring: bool) -> list[str]:
    """Return what is wrong with the volume of the stack's own Postgres. A restore replaces a missing one."""
    image = str(inputs["airflow_postgres_image"])
    # What the image really contains is checked when it is on the host.
    if "-alpine" in image and not found["evidence"] and not found["volume"]:
        return [new_on_alpine(image)]
    if not found["engine"]:
        return []
    have = found["volume"].get("postgres", "")
    # An empty volume may be one that Postgres has not filled yet, unless its database is recorded.
    recorded = any(path.endswith(RECORD) for path in found["evidence"])
    if not found["volume"] or (recorded and not have):
        return _lost(found, restoring or inputs["airflow_accept_empty_database"])
    wanted = postgres_major(image)
    if have and wanted and wanted != have:
        upgrade = f", or run playbooks/upgrade_postgres.yml to move to {wanted}" if int(wanted) > int(have) else ""
        return [
            f"airflow_postgres_image: Airflow's database was created by Postgres {have}, which "
            f"{image} cannot read; write an image of Postgres {have}{upgrade}."
        ]
    return []


def _lost(found: Found, accepted: bool) -> list[str]:
    """Return whether the volume without data had a database.

    Args:
        found: Result of the module airflow_deployed.
        accepted: Whether the run may start with an empty database.
    """
    if half := found["new_volume"].get("postgres", ""):
        return [
            f"an upgrade to Postgres {half} was interrupted while it exchanged the volumes. Write an image of "
            f"Postgres {half}, and run playbooks/upgrade_postgres.yml again."
        ]
    servers = [entry["name"] for entry in found["containers"] if entry["ours"] and entry["service"] == "postgres"]
    signs = found["evidence"] + [f"container {name}" for name in servers]
    if not signs or accepted:
        return []
    return [
        f"Airflow's database was on this host ({', '.join(signs)}), but Docker has no volume {VOLUME} "
        "with it. Is the disk with Docker's data directory mounted, and data-root in daemon.json unchanged? "
        "Otherwise the database is lost: restore a backup by playbooks/restore_airflow.yml, or start with an empty "
        "database by -e airflow_accept_empty_database=true."
    ]
