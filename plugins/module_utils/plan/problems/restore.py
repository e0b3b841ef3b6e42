"""Checks of a backup against the run that restores it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ansible_collections.ansible_airflow.airflow.plugins.module_utils.findings.finding import Finding
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.plan.problems.release import change_problems


def restore_problems(found: Mapping[str, Any], plan: Mapping[str, Any], run: Mapping[str, Any]) -> list[Finding]:
    """Return why a backup must not be restored by this run, before anything is changed.

    Args:
        found: Result of the module airflow_restore with the step ``plan``.
        plan: The plan of the keeper.
        run: ``airflow_version``; ``replace``, whether databases with data may be replaced; and ``not_in_run``, hosts of
            the stack that the run leaves out.
    """
    problems = [
        *_server(found["manifest"], plan),
        *_left_out(run["not_in_run"]),
        *_version(found["manifest"], plan, run),
    ]
    if found["present"] and not found["interrupted"] and not run["replace"]:
        text = (
            f"databases {', '.join(found['present'])} on {plan['keeper']} have data, which the backup would replace. "
            "They are renamed and kept: confirm by -e airflow_restore_replace=true."
        )
        problems.append(Finding("restore-unconfirmed", "", text))
    return problems


def _server(manifest: Mapping[str, Any], plan: Mapping[str, Any]) -> list[Finding]:
    """Return whether the backup is of, or the run is for, a server that this project does not restore."""
    if "postgres" in plan["services"]["external"]:
        text = (
            "airflow_postgres_external is set, and only the stack's own Postgres is restored. Restore the dump into "
            "that server with pg_restore; docs/backup.md describes how."
        )
        return [Finding("restore-server-external", "", text)]
    if manifest["globals"]:
        return []
    text = "it is of a stack with an external Postgres, so it has no roles; see docs/backup.md."
    return [Finding("backup-roles-missing", "", text)]


def _left_out(hosts: list[str]) -> list[Finding]:
    """Return whether Airflow would go on running on a host during the restore."""
    if not hosts:
        return []
    text = (
        f"this run leaves out {', '.join(hosts)}, and Airflow must be stopped on all hosts. Run the playbook without "
        "--limit, when Ansible reaches all hosts."
    )
    return [Finding("restore-hosts-missing", "", text)]


def _version(manifest: Mapping[str, Any], plan: Mapping[str, Any], run: Mapping[str, Any]) -> list[Finding]:
    """Return whether the Postgres or the Airflow of this run cannot use the databases of the backup."""
    problems = []
    wanted, has = plan["postgres_major"], manifest["postgres"]
    if wanted and int(has) > int(wanted):
        text = (
            f"the dumps are of Postgres {has}, and Postgres {wanted} cannot load them; write an image of Postgres "
            f"{has} or later."
        )
        problems.append(Finding("backup-postgres-newer", "airflow_postgres_image", text))
    revision = next((entry["revision"] for entry in manifest["databases"].values() if entry["revision"]), "")
    for sentence in change_problems(revision, run["airflow_version"], plan["schemas"]):
        place, _, text = sentence.partition(": ")
        advice = "To restore the backup, write its release, and upgrade afterwards."
        problems.append(Finding("schema-of-backup-differs", place, f"{text} {advice}"))
    return problems
