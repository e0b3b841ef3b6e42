"""Checks of a backup against the run that restores it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ansible_collections.ansible_airflow.airflow.plugins.module_utils.plan.problems.release import change_problems


def restore_problems(found: Mapping[str, Any], plan: Mapping[str, Any], run: Mapping[str, Any]) -> list[str]:
    """Return why a backup must not be restored by this run, before anything is changed.

    Args:
        found: Result of the module airflow_restore with the step ``plan``.
        plan: The plan of the keeper.
        run: ``airflow_version``; ``replace``, whether databases with data may be replaced; and ``not_in_run``, hosts of
            the stack that the run leaves out.
    """
    manifest, problems = found["manifest"], []
    if "postgres" in plan["services"]["external"]:
        problems.append(
            "airflow_postgres_external is set, and only the stack's own Postgres is restored. Restore the dump into "
            "that server with pg_restore; docs/backup.md describes how."
        )
    elif not manifest["globals"]:
        problems.append("it is of a stack with an external Postgres, so it has no roles; see docs/backup.md.")
    if run["not_in_run"]:
        problems.append(
            f"this run leaves out {', '.join(run['not_in_run'])}, and Airflow must be stopped on all hosts. Run the "
            "playbook without --limit, when Ansible reaches all hosts."
        )
    wanted, has = plan["postgres_major"], manifest["postgres"]
    if wanted and int(has) > int(wanted):
        problems.append(
            f"airflow_postgres_image: the dumps are of Postgres {has}, and Postgres {wanted} cannot load them; write "
            f"an image of Postgres {has} or later."
        )
    revision = next((entry["revision"] for entry in manifest["databases"].values() if entry["revision"]), "")
    wrong = change_problems(revision, run["airflow_version"], plan["schemas"])
    problems += [f"{text} To restore the backup, write its release, and upgrade afterwards." for text in wrong]
    if found["present"] and not found["interrupted"] and not run["replace"]:
        problems.append(
            f"databases {', '.join(found['present'])} on {plan['keeper']} have data, which the backup would replace. "
            "They are renamed and kept: confirm by -e airflow_restore_replace=true."
        )
    return problems
