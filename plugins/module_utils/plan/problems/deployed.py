"""Checks of what a host already has, against what a run would deploy there."""

from __future__ import annotations

import posixpath
from collections.abc import Mapping, Sequence
from typing import Any

from ansible_collections.ansible_airflow.airflow.plugins.module_utils.findings.finding import Finding
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.plan.problems.database import database_problems
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.plan.problems.mounts import missing_problems
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.plan.problems.network import network_problems
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.plan.problems.release import change_problems
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.plan.revisions import head

Found = Mapping[str, Any]


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
) -> list[Finding]:
    """Return why a run would damage what the host already has.

    Args:
        found: Result of the module airflow_deployed.
        host: Inventory name of the host.
        plan: The plan of the host.
        inputs: The public variables of role airflow.
        removing: Whether the run removes the stack, and so needs no database.
        upgrading: Whether the run moves the data to another version of Postgres, which checks them itself.
        restoring: Whether the run replaces the database by one from a backup.
        changing: Whether the run is for a change of the release, and judges the database's schema itself.
    """
    problems = _foreign(found, plan) + _moved(found, inputs["airflow_directory"])
    if not removing:
        problems += [] if upgrading else _upgrade_of_postgres(found["upgrading"])
        problems += [] if restoring else _restore(found["restoring"])
        problems += _interrupted(found["interrupted"], inputs, changing) + missing_problems(found["missing"])
        problems += network_problems(found, host, plan, inputs)
    if removing or host != plan["keeper"]:
        return problems
    if "postgres" not in plan["services"]["external"] and not upgrading:
        problems += database_problems(found, inputs, restoring)
    return problems + ([] if restoring or changing else _schema(found, plan, inputs))


def _upgrade_of_postgres(servers: Sequence[str]) -> list[Finding]:
    """Return whether an upgrade of Postgres was interrupted, so that its servers still run."""
    if not servers:
        return []
    text = (
        f"an upgrade of Postgres was interrupted, and its servers still use the data: {', '.join(servers)}. Run "
        "playbooks/upgrade_postgres.yml again."
    )
    return [Finding("postgres-upgrade-interrupted", "", text)]


def _restore(backup: str) -> list[Finding]:
    """Return whether the restore of a backup was interrupted."""
    if not backup:
        return []
    text = (
        f"a restore of backup {backup} was interrupted. Run playbooks/restore_airflow.yml again with the same "
        "variables."
    )
    return [Finding("restore-interrupted", "", text)]


def _interrupted(upgrade: Mapping[str, Any], inputs: Mapping[str, Any], changing: bool) -> list[Finding]:
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
    text = (
        f"an upgrade from Airflow {upgrade['before']} to {after} was interrupted. Run playbooks/upgrade_airflow.yml "
        f"with airflow_version: {after} to complete it, or add -e airflow_upgrade_interrupted=restore to go back."
    )
    return [Finding("upgrade-interrupted", "", text)]


def _schema(found: Found, plan: Mapping[str, Any], inputs: Mapping[str, Any]) -> list[Finding]:
    """Return why the database cannot change to the wanted release.

    migrated.json is only asked if the database does not answer: Postgres is stopped, or external.
    """
    noted = plan["migrated"]
    revision = found["revision"] or noted.get("revision") or head(noted.get("version", ""))
    external = "postgres" in plan["services"]["external"]
    problems: list[Any] = change_problems(revision, inputs["airflow_version"], plan["schemas"], within_series=external)
    if found["revision"]:
        return problems
    noted_in = f"{inputs['airflow_directory']}/config/migrated.json"
    split = (sentence.partition(": ") for sentence in problems)
    return [
        Finding(
            "schema-of-record-differs",
            place,
            f"{text} {noted_in} says so; remove it if another database was restored.",
        )
        for place, _, text in split
    ]


def _foreign(found: Found, plan: Mapping[str, Any]) -> list[Finding]:
    """Return what belongs to somebody else and would be removed or overwritten."""
    problems = []
    others = [container for container in found["containers"] if not container["ours"]]
    if others:
        names = ", ".join(sorted(container["name"] for container in others))
        places = sorted({container["project_directory"] for container in others} - {""})
        where = f" of the compose project in {', '.join(places)}" if places else ""
        project = plan["project"]
        text = (
            f"containers {names}{where} also belong to a project named {project}, so this run would remove them. Give "
            f"that project another name (docker compose --project-name NAME), or end it with docker compose down."
        )
        problems.append(Finding("containers-foreign", "", text))
    # Hosts without a service of Airflow do not get the command.
    if found["command"] == "foreign" and plan["services"]["airflow"]:
        text = (
            "/usr/local/bin/airflow was not installed by this project, and this run would overwrite it. Move it away, "
            "for example to /usr/local/bin/airflow-old."
        )
        problems.append(Finding("command-foreign", "", text))
    return problems


def _moved(found: Found, directory: str) -> list[Finding]:
    """Return whether the stack was deployed to another directory."""
    mounted = {container["directory"] for container in found["containers"] if container["ours"]}
    others = sorted(mounted - {"", posixpath.normpath(directory)})
    return [
        Finding(
            "directory-differs",
            "airflow_directory",
            f"the stack on this host is in {other}, with its logs, DAGs and migration record; write {other}. To move "
            f"it, run playbooks/remove_airflow.yml with {other}, move the directory, and deploy again.",
        )
        for other in others
    ]
