"""Checks of the settings of backups."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

# Kinds of repositories; restic has more, which are untested.
KINDS = re.compile(r"/|sftp:|rest:https?://|s3:")
TIME = re.compile(r"([01]\d|2[0-3]):[0-5]\d")
SUBSET = re.compile(r"(100|[1-9]?\d(\.\d+)?)%|\d+[KMGT]|\d+/\d+")
UNITS = ("hourly", "daily", "weekly", "monthly")


def backup_problems(inputs: Mapping[str, Any], projects_directory: str) -> list[str]:
    """Return what is wrong with the variables ``airflow_backup_*``.

    Args:
        inputs: The public variables of role airflow that are set, by name.
        projects_directory: Directory of the projects on the hosts.
    """
    repository = str(inputs["airflow_backup_repository"])
    sources = [projects_directory, inputs["airflow_directory"], inputs["airflow_secrets_directory"]]
    problems = _repository(repository, sources)
    problems += _formats(str(inputs["airflow_backup_time"]), str(inputs["airflow_backup_check_subset"]))
    # Of a command, only the first word is a path.
    paths = {name: inputs[f"airflow_backup_{name}"] for name in ("extra_paths", "before", "after")}
    for name, words in paths.items():
        relative = [
            str(word) for word in (words if name == "extra_paths" else words[:1]) if not str(word).startswith("/")
        ]
        if relative:
            problems.append(
                f"airflow_backup_{name}: {', '.join(relative)} must begin with /; write the full path on the hosts."
            )
    return problems + _keep(inputs["airflow_backup_keep"])


def _formats(time: str, subset: str) -> list[str]:
    """Return what is wrong with the form of a time of the day and of a part of a repository."""
    problems = []
    if not TIME.fullmatch(time):
        problems.append(
            f'airflow_backup_time: {time!r} is not a time of the day in UTC; write it in quotes, such as "02:30".'
        )
    if not SUBSET.fullmatch(subset):
        problems.append(
            f"airflow_backup_check_subset: {subset!r} is not a part of a repository; write a percentage such as 10%, "
            "or a size such as 500M."
        )
    return problems


def _repository(repository: str, sources: list[str]) -> list[str]:
    """Return what is wrong with the repository."""
    if re.search(r"://[^/@]*:[^/@]*@", repository):
        return [
            "airflow_backup_repository: has a password in its address, which errors would show; write the user and the "
            "password as RESTIC_REST_USERNAME and RESTIC_REST_PASSWORD in airflow_backup_environment."
        ]
    if not KINDS.match(repository):
        return [
            f"airflow_backup_repository: {repository!r} is not a repository; write a directory on the hosts that "
            "begins with /, or restic's notation: sftp:USER@HOST:/PATH, rest:https://HOST/PATH, s3:https://HOST/BUCKET."
        ]
    inside = [source for source in sources if f"{repository}/".startswith(f"{source.rstrip('/')}/")]
    return [
        f"airflow_backup_repository: {repository} is in {source}, which is backed up, so the repository would contain "
        "itself; write another directory."
        for source in inside[:1]
    ]


def _keep(keep: Mapping[str, Any]) -> list[str]:
    """Return what is wrong with the retention."""
    if unknown := sorted(set(keep) - set(UNITS)):
        return [f"airflow_backup_keep: {', '.join(unknown)} is not known; write numbers for {', '.join(UNITS)}."]
    if any(not isinstance(count, int) or isinstance(count, bool) or count < 0 for count in keep.values()):
        return ["airflow_backup_keep: write whole numbers of sets, 0 or more."]
    if not any(keep.values()):
        return ["airflow_backup_keep: would remove every backup; write at least one number above 0."]
    return []
